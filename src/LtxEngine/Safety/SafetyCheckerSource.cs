using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Safety;
using LtxEngine.Pipeline;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Safety;

/// <summary>The safety checker of a pipeline: the host's, or the engine's own, opened when a request first switches it on. Thread-safe.</summary>
/// <param name="options">Names the host's checker and rules, if any.</param>
/// <param name="files">Names the folder's classifier and rules, if any.</param>
/// <param name="log">Is told once when there is no image classifier.</param>
internal sealed class SafetyCheckerSource(LtxPipelineOptions options, ModelFiles files, ILogger log) : IDisposable
{
    private readonly Lock _lock = new();
    private ModelSafetyChecker? _own;

    /// <summary>The checker.</summary>
    /// <exception cref="ModelFormatException">The folder's classifier or rules cannot be used.</exception>
    public ISafetyChecker Get()
    {
        if (options.SafetyChecker is { } checker)
        {
            return checker;
        }

        lock (_lock)
        {
            return _own ??= Open();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();

    private ModelSafetyChecker Open()
    {
        PromptRules rules = options.PromptRules ?? ReadRules(files.PromptRules);
        if (files.ImageSafetyClassifier is not { } configuration)
        {
            log.LogWarning("The safety checker has no image classifier: prompts are checked, images and frames are not. Name one in ltx-model.json as files.image_safety_classifier.");
            return new ModelSafetyChecker(rules, classifier: null, [], threshold: 1);
        }

        GraphSessionOptions session = new() { ThreadCount = options.Threads == 0 ? null : options.Threads };
        return new ModelSafetyChecker(
            rules, ImageClassifier.Load(configuration, Path.GetFullPath(options.ModelDirectory), session), configuration.RefusedLabels, configuration.Threshold);
    }

    private static PromptRules ReadRules(string? path)
    {
        if (path is null)
        {
            return PromptRules.Default;
        }

        try
        {
            return PromptRules.Parse(File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.InvalidModelFolder, exception.Message, exception);
        }
    }
}
