namespace LtxEngine;

/// <summary>Whether the networks of a model stay in memory between the stages and requests that use them.</summary>
public enum WeightResidencyMode
{
    /// <summary>
    /// Per request the first of <see cref="KeepLoaded"/>, <see cref="FreeAfterUse"/> and <see cref="StreamBlocks"/> that fits the memory budget
    /// (<see cref="LtxPipelineOptions.MemoryBudget"/>). The default.
    /// </summary>
    Auto,

    /// <summary>Networks stay loaded: the second request starts at once.</summary>
    KeepLoaded,

    /// <summary>A network is freed as soon as its stage is over, so that only the largest one must fit; each request loads them again.</summary>
    FreeAfterUse,

    /// <summary>
    /// As <see cref="FreeAfterUse"/>, and the transformer's blocks pass through memory one after the other in every evaluation, read ahead
    /// from the file: for models that are larger than the memory. Results are the same bit for bit.
    /// </summary>
    StreamBlocks,
}
