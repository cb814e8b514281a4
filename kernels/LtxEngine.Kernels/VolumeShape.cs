namespace LtxEngine.Kernels;

/// <summary>
/// The extents of a volume of latents. A volume is stored as a <see cref="DeviceMatrix"/> with one row per position
/// (frame slowest, column fastest) and one column per channel.
/// </summary>
/// <param name="Frames">Latent frames, ≥ 1.</param>
/// <param name="Height">Rows, ≥ 1.</param>
/// <param name="Width">Columns, ≥ 1.</param>
internal readonly record struct VolumeShape(int Frames, int Height, int Width)
{
    /// <summary>The number of positions.</summary>
    public int Positions => checked(Frames * Height * Width);
}
