using System.Globalization;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Keeps the latents of every step as outputs of a case: <c>video_step_i</c>, <c>video_sub_i</c> and the same for audio.</summary>
/// <param name="outputs">Receives them.</param>
/// <param name="prefix">Put before every name.</param>
internal sealed class StepRecorder(CaseOutputs outputs, string prefix = "") : IDenoiseObserver
{
    /// <summary>Adds the latent of one stream, <c>[1, tokens, channels]</c>.</summary>
    public static void Add(CaseOutputs outputs, LatentState stream, string name, string prefix = "") => outputs.Add(
        $"{prefix}{(stream.Modality == Modality.Video ? "video" : "audio")}_{name}",
        new TensorShape(1, stream.TokenCount, stream.Channels),
        stream.Latent);

    /// <inheritdoc/>
    public void OnStep(SamplerStep step) => Record(step, "step");

    /// <inheritdoc/>
    public void OnSubstep(SamplerStep step) => Record(step, "sub");

    private void Record(SamplerStep step, string kind)
    {
        foreach (LatentState stream in step.State.Streams)
        {
            Add(outputs, stream, string.Create(CultureInfo.InvariantCulture, $"{kind}_{step.Index}"), prefix);
        }
    }
}
