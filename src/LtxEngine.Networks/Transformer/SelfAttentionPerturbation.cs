namespace LtxEngine.Networks.Transformer;

/// <summary>What a perturbed self-attention (spatio-temporal guidance, STG) contributes.</summary>
internal enum SelfAttentionPerturbation
{
    /// <summary>Nothing: the residual passes unchanged (the 19B release).</summary>
    ResidualSkip,

    /// <summary>to_out(to_v(h)), still gated: every token attends to itself only (the original's later code).</summary>
    ValuePassThrough,
}
