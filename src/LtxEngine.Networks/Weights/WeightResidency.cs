namespace LtxEngine.Networks.Weights;

/// <summary>Where the weights of a network's blocks are kept.</summary>
/// <param name="Streamed">Whether blocks are loaded when they are needed instead of once.</param>
/// <param name="Prefetch">With <paramref name="Streamed"/>: blocks loaded ahead of the one in use, ≥ 0.</param>
internal readonly record struct WeightResidency(bool Streamed, int Prefetch)
{
    /// <summary>All blocks stay on the device.</summary>
    public static WeightResidency Resident => default;

    /// <summary>Blocks pass through the device; the next ones are loaded while one is used.</summary>
    /// <param name="prefetch">Blocks loaded ahead, ≥ 0.</param>
    public static WeightResidency StreamedAhead(int prefetch = 1) => new(true, prefetch);
}
