namespace LtxEngine.Graphs.Building;

/// <summary>What padding fills new places with.</summary>
internal enum PaddingMode
{
    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>Copies of the nearest edge value.</summary>
    Edge,

    /// <summary>A mirror image that does not repeat the edge; needs an extent greater than the padding.</summary>
    Reflect,
}
