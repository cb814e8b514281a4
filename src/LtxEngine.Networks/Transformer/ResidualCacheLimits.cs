namespace LtxEngine.Networks.Transformer;

/// <summary>When a <see cref="ResidualCache"/> skips blocks.</summary>
/// <param name="Threshold">Largest relative change of what the first block adds, ≥ 0.</param>
/// <param name="MostInARow">Passes of one kind that may be skipped one after the other, ≥ 1.</param>
internal sealed record ResidualCacheLimits(double Threshold, int MostInARow);
