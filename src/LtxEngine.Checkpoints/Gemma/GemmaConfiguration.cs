using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Gemma;

/// <summary>
/// The <c>config.json</c> of a Gemma 3 text model, resolved: values that a file leaves out have the defaults of the model family.
/// </summary>
internal sealed record GemmaConfiguration
{
    /// <summary>Rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream (3840 at 12B).</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward layers (15360 at 12B).</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of decoder layers (48 at 12B).</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads (16 at 12B); a multiple of <see cref="KeyValueHeadCount"/>.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads (8 at 12B).</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of a head (256); even. Not <see cref="HiddenSize"/> / <see cref="HeadCount"/>.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Epsilon of every RMS norm.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Attention scores are divided by the square root of this.</summary>
    public required double QueryPreAttentionScalar { get; init; }

    /// <summary>In local layers a query sees itself and the <c>SlidingWindow − 1</c> tokens before it.</summary>
    public required int SlidingWindow { get; init; }

    /// <summary>The activation of the feed-forward layers; only <c>gelu_pytorch_tanh</c> is supported.</summary>
    public required string HiddenActivation { get; init; }

    /// <summary>The indices of the layers that see everything before them, ascending; all others are local.</summary>
    public required ImmutableArray<int> GlobalLayers { get; init; }

    /// <summary>RoPE base of global layers.</summary>
    public required double GlobalTheta { get; init; }

    /// <summary>Angles of global layers are divided by this (linear scaling).</summary>
    public required double GlobalLinearFactor { get; init; }

    /// <summary>RoPE base of local layers.</summary>
    public required double LocalTheta { get; init; }

    /// <summary>The vision tower, or null in a text-only file.</summary>
    public required GemmaVisionConfiguration? Vision { get; init; }

    /// <summary>Soft tokens that stand for one image.</summary>
    public required int TokensPerImage { get; init; }

    /// <summary>The id whose embedding an image's vectors replace.</summary>
    public required int ImageTokenId { get; init; }

    /// <summary>Ids that end a generated text (<c>eos_token_id</c>); empty when the file names none.</summary>
    public required ImmutableArray<int> StopIds { get; init; }

    /// <summary>Whether a layer sees everything before it.</summary>
    internal bool IsGlobal(int layer) => GlobalLayers.BinarySearch(layer) >= 0;

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is damaged or not of a Gemma 3 model; the message lists all problems.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static GemmaConfiguration Load(string path) => GemmaConfigurationReader.Read(path);
}
