namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>The extents of a convolution kernel, all odd.</summary>
/// <param name="Frames">1 for a kernel that stays within a frame.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
internal readonly record struct ConvolutionExtents(int Frames, int Height, int Width)
{
    /// <summary>The number of values per input channel.</summary>
    public int Taps => checked(Frames * Height * Width);
}
