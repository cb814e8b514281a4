namespace LtxEngine.Networks.Transformer;

/// <summary>The inputs of one forward pass of one sample. A batch is run sample by sample.</summary>
internal readonly ref struct TransformerInputs
{
    /// <summary>Creates inputs with both streams enabled and nothing perturbed.</summary>
    public TransformerInputs()
    {
    }

    /// <summary>[video tokens, channels]: the noisy latent, token order (frame, row, column), appended tokens last.</summary>
    public required ReadOnlySpan<float> VideoLatent { get; init; }

    /// <summary>[video tokens]: σ · denoise mask, 0 … 1, not multiplied by 1000.</summary>
    public required ReadOnlySpan<float> VideoTimesteps { get; init; }

    /// <summary>[audio tokens, channels], channel = c·bins + bin; empty when the workspace has no audio.</summary>
    public ReadOnlySpan<float> AudioLatent { get; init; }

    /// <summary>[audio tokens]: σ · denoise mask; empty when the workspace has no audio.</summary>
    public ReadOnlySpan<float> AudioTimesteps { get; init; }

    /// <summary>The prompt, from <see cref="AudioVideoTransformer.PrepareText"/>.</summary>
    public required TextConditioning Text { get; init; }

    /// <summary>What is left out.</summary>
    public TransformerPerturbations Perturbations { get; init; } = TransformerPerturbations.None;

    /// <summary>Whether the video stream is updated. A stream that is not still serves the other one as keys and values.</summary>
    public bool VideoEnabled { get; init; } = true;

    /// <summary>Whether the audio stream is updated.</summary>
    public bool AudioEnabled { get; init; } = true;

    /// <summary>Called with the number of blocks done, after each.</summary>
    public Action<int>? BlockCompleted { get; init; }

    /// <summary>What earlier passes of this kind left to reuse, over the same workspace; null to evaluate every block.</summary>
    public ResidualCachePass? Cache { get; init; }

    /// <summary>Whether this pass may skip blocks; one that may not still leaves its results in <see cref="Cache"/>.</summary>
    public bool MayReuse { get; init; } = true;

    /// <summary>Receives intermediate results.</summary>
    public ITensorProbe? Probe { get; init; }
}
