namespace LtxEngine.Diffusion.Guidance;

/// <summary>One kind of forward pass of the model that guidance asks for. Immutable; create it once and reuse it for every step.</summary>
public sealed class GuidancePass
{
    /// <summary>The plain prediction with the prompt.</summary>
    public static GuidancePass Conditional { get; } = new();

    /// <summary>The plain prediction with the negative prompt.</summary>
    public static GuidancePass Unconditional { get; } = new() { Context = PromptContext.Negative };

    /// <summary>The prediction with the prompt and no attention between video and audio.</summary>
    public static GuidancePass IsolatedModalities { get; } = new() { IsolateModalities = true };

    /// <summary>Which prompt both streams attend to.</summary>
    public PromptContext Context { get; init; } = PromptContext.Positive;

    /// <summary>Blocks (0-based) whose video self-attention is perturbed; empty for none.</summary>
    public IReadOnlyList<int> PerturbedVideoBlocks { get; init; } = [];

    /// <summary>Blocks (0-based) whose audio self-attention is perturbed; empty for none.</summary>
    public IReadOnlyList<int> PerturbedAudioBlocks { get; init; } = [];

    /// <summary>What a perturbed self-attention does.</summary>
    public StgMode StgMode { get; init; } = StgMode.ResidualSkip;

    /// <summary>Whether the attention between video and audio is skipped, in all blocks and both directions.</summary>
    public bool IsolateModalities { get; init; }
}
