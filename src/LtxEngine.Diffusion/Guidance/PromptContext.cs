namespace LtxEngine.Diffusion.Guidance;

/// <summary>Which encoded prompt a forward pass attends to, on both streams.</summary>
public enum PromptContext
{
    /// <summary>The prompt.</summary>
    Positive,

    /// <summary>The negative prompt.</summary>
    Negative,
}
