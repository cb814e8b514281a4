namespace LtxEngine;

/// <summary>Whether the networks of a model stay in memory between the stages and requests that use them.</summary>
public enum WeightResidencyMode
{
    /// <summary>
    /// <see cref="KeepLoaded"/> when all networks together take at most half of the memory that is free when the model is loaded;
    /// <see cref="StreamBlocks"/> when the transformer alone takes more than two thirds of it; else <see cref="FreeAfterUse"/>. The default.
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
