namespace LtxEngine.Diffusion.Latents;

/// <summary>How many pixels and frames one latent cell of the video stands for.</summary>
/// <param name="Frames">Frames per latent frame behind the first one.</param>
/// <param name="Pixels">Pixels per latent row and column.</param>
internal readonly record struct VideoScale(int Frames, int Pixels)
{
    /// <summary>The LTX-2 video VAE: 8 frames, 32 pixels.</summary>
    public static VideoScale Default { get; } = new(8, 32);
}
