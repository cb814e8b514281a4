namespace LtxEngine.Kernels;

/// <summary>How the rotated pairs lie in a row.</summary>
internal enum RotaryLayout
{
    /// <summary>Per head, element j is paired with element j + headDim/2.</summary>
    Split,

    /// <summary>Element 2i is paired with element 2i + 1, over the whole row.</summary>
    Interleaved,
}
