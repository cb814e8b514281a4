using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;

namespace LtxEngine.Prompting;

/// <summary>How prompts are expanded.</summary>
internal sealed record PromptExpansionSettings
{
    /// <summary>The original's limit of tokens.</summary>
    public const int DefaultMaximumNewTokens = 512;

    /// <summary>How tokens are drawn.</summary>
    public TokenSamplingSettings Sampling { get; init; } = new();

    /// <summary>The most tokens that are written, at least 1.</summary>
    public int MaximumNewTokens { get; init; } = DefaultMaximumNewTokens;

    /// <summary>Ids that end the text. They come from the model's files; without any, the text runs to <see cref="MaximumNewTokens"/>.</summary>
    public ImmutableArray<int> StopIds { get; init; } = [];

    /// <summary>The instructions for clips made from text alone.</summary>
    public string TextSystemPrompt { get; init; } = SystemPrompts.TextToVideo;

    /// <summary>The instructions for clips that begin with an image.</summary>
    public string ImageSystemPrompt { get; init; } = SystemPrompts.ImageToVideo;

    /// <summary>
    /// The settings of a text model: top-k, top-p and stop ids of its <c>generation_config.json</c>, where the file is there and states
    /// them; the stop ids of its <c>config.json</c> otherwise. The temperature is the original pipeline's, not the file's.
    /// </summary>
    /// <param name="folder">The folder of the text model.</param>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="modelFolder">The folder that links must not leave; by default <paramref name="folder"/> itself.</param>
    /// <exception cref="ModelFormatException">The file is there but cannot be used.</exception>
    public static PromptExpansionSettings Read(string folder, GemmaConfiguration configuration, string? modelFolder = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        folder = Path.GetFullPath(folder);
        PromptExpansionSettings settings = new() { StopIds = configuration.StopIds };
        string path = Path.Combine(folder, GemmaGenerationConfiguration.FileName);
        if (!File.Exists(path))
        {
            return settings;
        }

        GemmaGenerationConfiguration stated = GemmaGenerationConfiguration.Load(ModelPath.ResolveFile(path, modelFolder ?? folder));
        return settings with
        {
            StopIds = stated.StopIds ?? settings.StopIds,
            Sampling = settings.Sampling with
            {
                TopK = stated.TopK ?? settings.Sampling.TopK,
                TopP = stated.TopP ?? settings.Sampling.TopP,
            },
        };
    }
}
