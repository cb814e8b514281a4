using System.Globalization;
using LtxEngine.Graphs.Safety;
using LtxEngine.Media.Images;
using LtxEngine.Prompting;

namespace LtxEngine.Safety;

/// <summary>The engine's own checker: rules for texts, an image classifier for pictures. Thread-safe.</summary>
/// <param name="rules">The rules.</param>
/// <param name="classifier">The classifier, which becomes the checker's; null allows every picture.</param>
/// <param name="refusedLabels">The labels that refuse a picture.</param>
/// <param name="threshold">The score from which they do.</param>
internal sealed class ModelSafetyChecker(PromptRules rules, ImageClassifier? classifier, IReadOnlyCollection<string> refusedLabels, double threshold)
    : ISafetyChecker, IDisposable
{
    /// <inheritdoc/>
    public ValueTask<SafetyVerdict> CheckTextAsync(string field, string text, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(rules.FindViolation(text) is { } group ? SafetyVerdict.Refused(group) : SafetyVerdict.Allowed);

    /// <inheritdoc/>
    public ValueTask<SafetyVerdict> CheckImageAsync(SafetyImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return ValueTask.FromResult(classifier is null ? SafetyVerdict.Allowed : Classify(classifier, image, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => classifier?.Dispose();

    /// <summary>The whole picture counts: it is stretched to the classifier's size, so that nothing at its edges is left out.</summary>
    private SafetyVerdict Classify(ImageClassifier network, SafetyImage image, CancellationToken cancellationToken)
    {
        RgbImage resized = AntialiasedResizer.Resize(new RgbImage(image.Width, image.Height, image.Pixels), network.Width, network.Height);
        double[] scores = network.Score(resized.Pixels.Span, cancellationToken);
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= threshold && refusedLabels.Contains(network.Labels[i]))
            {
                return SafetyVerdict.Refused(string.Create(CultureInfo.InvariantCulture, $"the image classifier finds \"{network.Labels[i]}\" with a score of {scores[i]:0.000}"));
            }
        }

        return SafetyVerdict.Allowed;
    }
}
