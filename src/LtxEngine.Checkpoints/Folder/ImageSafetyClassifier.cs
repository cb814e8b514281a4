using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Folder;

/// <summary>An image classifier that is run over images and frames.</summary>
/// <param name="File">Full path of the ONNX file.</param>
/// <param name="Labels">The labels of its outputs, in order.</param>
/// <param name="Threshold">The score from which a refused label counts, 0 … 1.</param>
internal sealed record ImageSafetyClassifier(string File, ImmutableArray<string> Labels, double Threshold)
{
    /// <summary>The labels that refuse a picture; without any stated all of them do.</summary>
    public ImmutableArray<string> RefusedLabels { get; init; } = Labels;

    /// <summary>Width of its input in pixels; null where the file says it.</summary>
    public int? Width { get; init; }

    /// <summary>Height of its input in pixels; null where the file says it.</summary>
    public int? Height { get; init; }

    /// <summary>The order of its input's axes.</summary>
    public ClassifierLayout Layout { get; init; } = ClassifierLayout.ChannelsFirst;

    /// <summary>What is subtracted from red, green and blue, which are 0 … 1.</summary>
    public ImmutableArray<double> Mean { get; init; } = [0, 0, 0];

    /// <summary>What the differences are divided by.</summary>
    public ImmutableArray<double> StandardDeviation { get; init; } = [1, 1, 1];

    /// <summary>How its outputs become scores.</summary>
    public ClassifierActivation Activation { get; init; } = ClassifierActivation.Softmax;
}
