using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Planning;
using LtxEngine.Prompting;

namespace LtxEngine.Pipeline;

/// <summary>
/// Lets the text model write a more detailed prompt. It is the model that encodes the prompts, so its weights are open once; the image of
/// the first frame is seen where the model is stored with its vision tower.
/// </summary>
/// <param name="encoder">The text encoder.</param>
/// <param name="textModelFolder">Its folder, which may state how it is sampled.</param>
internal sealed class PromptExpansionStage(NetworkSlot<TextEncoder> encoder, string textModelFolder)
{
    private PromptExpansionSettings? _settings;

    /// <summary>Expands the prompt of a plan. The same plan and image give the same text for any number of threads.</summary>
    /// <param name="plan">Prompt, seed and images.</param>
    /// <param name="images">The decoded images.</param>
    /// <param name="clock">Is told after every layer of every token.</param>
    /// <param name="cancellationToken">Stops between two operations of a layer.</param>
    /// <returns>The plan with the prompt to use; with the old one and a warning where the text model's answer cannot be used.</returns>
    /// <exception cref="ModelFormatException">The text model's files cannot be used.</exception>
    public GenerationPlan Expand(
        GenerationPlan plan, IReadOnlyDictionary<ImageSource, LoadedImage> images, RequestClock clock, CancellationToken cancellationToken)
    {
        using NetworkUse<TextEncoder> use = encoder.Use(cancellationToken);
        TextEncoder network = use.Network;
        _settings ??= PromptExpansionSettings.Read(textModelFolder, network.Model.Configuration);
        PlannedImage? first = plan.Images.FirstOrDefault(image => image.Frame == 0);
        using GemmaVisionTower? vision = first is null ? null : network.OpenVisionTower();

        // As with the noise, the low 32 bits of the seed count: seeds that are equal there give equal clips.
        PromptExpansion expansion = new PromptExpander(network.Model, network.Tokenizer, _settings, vision).Expand(
            plan.Prompt,
            unchecked((uint)plan.Seed),
            first is null ? null : images[first.Image].Decoded,
            clock.ExpansionProgress(),
            cancellationToken);
        return plan with
        {
            Prompt = expansion.Prompt,
            Warnings = expansion.Warning is null ? plan.Warnings : [.. plan.Warnings, expansion.Warning],
        };
    }
}
