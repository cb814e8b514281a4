using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Graphs.Execution;

namespace LtxEngine.Graphs.Text;

/// <summary>How a text encoder is loaded.</summary>
internal sealed record TextEncoderOptions
{
    /// <summary>Rows of a context, and the most tokens of a prompt that count; a multiple of the number of registers. 1024 as in the original.</summary>
    public int Length { get; init; } = GemmaTokenizer.DefaultMaximumLength;

    /// <summary>What token embeddings are multiplied by; null for √(hidden size) rounded to bf16, as the original does.</summary>
    public double? EmbeddingScale { get; init; }

    /// <summary>
    /// How many prompts' contexts are kept. 16 holds a few negative prompts and the prompts of a batch; at 19B one entry has 31 MB.
    /// </summary>
    public int CacheCapacity { get; init; } = 16;

    /// <summary>Opens the text model over its checkpoint with an embedding scale; null for the layer graph.</summary>
    public Func<GemmaConfiguration, ITensorCollection, double?, ITextModel>? CreateModel { get; init; }

    /// <summary>How the graphs run.</summary>
    public GraphSessionOptions Session { get; init; } = GraphSessionOptions.Default;
}
