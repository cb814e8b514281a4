namespace LtxEngine.Networks.Transformer;

/// <summary>What one forward pass leaves out, for guidance.</summary>
internal sealed record TransformerPerturbations
{
    /// <summary>Nothing is left out.</summary>
    public static TransformerPerturbations None { get; } = new();

    /// <summary>Both cross-modal attentions are left out in every block: each modality sees itself and the text only.</summary>
    public static TransformerPerturbations IsolatedModalities { get; } = new() { SkipAudioToVideo = BlockSet.All, SkipVideoToAudio = BlockSet.All };

    /// <summary>Blocks whose video self-attention is perturbed.</summary>
    public BlockSet PerturbVideoSelfAttention { get; init; } = BlockSet.None;

    /// <summary>Blocks whose audio self-attention is perturbed.</summary>
    public BlockSet PerturbAudioSelfAttention { get; init; } = BlockSet.None;

    /// <summary>What a perturbed self-attention contributes.</summary>
    public SelfAttentionPerturbation SelfAttention { get; init; } = SelfAttentionPerturbation.ResidualSkip;

    /// <summary>Blocks in which video does not attend to audio.</summary>
    public BlockSet SkipAudioToVideo { get; init; } = BlockSet.None;

    /// <summary>Blocks in which audio does not attend to video.</summary>
    public BlockSet SkipVideoToAudio { get; init; } = BlockSet.None;
}
