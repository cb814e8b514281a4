namespace LtxEngine.Kernels;

/// <summary>y = x / √(mean(x²) + ε) · (1 + scale) + shift per row, as <see cref="IComputeDevice.RmsNormModulate"/> computes it.</summary>
/// <param name="Epsilon">ε.</param>
/// <param name="Scale">Per-token scale, or null for 0.</param>
/// <param name="Shift">Per-token shift, or null for 0.</param>
internal readonly record struct RmsNorm(float Epsilon, RowVectors? Scale, RowVectors? Shift)
{
    /// <summary>The norm of some consecutive rows.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">The number of rows.</param>
    public RmsNorm RowRange(int first, int count) => new(Epsilon, Scale?.TokenRange(first, count), Shift?.TokenRange(first, count));
}
