namespace LtxEngine.Checkpoints.Lora;

/// <summary>Which network a LoRA target changes.</summary>
internal enum LoraScope
{
    /// <summary>The diffusion transformer.</summary>
    Transformer,

    /// <summary>The text projection <c>text_embedding_projection.aggregate_embed</c>. The original pipelines leave it unchanged.</summary>
    TextProjection,
}
