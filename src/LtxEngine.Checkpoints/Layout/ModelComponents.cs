namespace LtxEngine.Checkpoints.Layout;

/// <summary>The parts of a model that a file may hold.</summary>
[Flags]
internal enum ModelComponents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The diffusion transformer.</summary>
    Transformer = 1,

    /// <summary>Text projection and connectors.</summary>
    TextConditioning = 2,

    /// <summary>The video VAE's encoder, with the latent statistics.</summary>
    VideoVaeEncoder = 4,

    /// <summary>The video VAE's decoder, with the latent statistics.</summary>
    VideoVaeDecoder = 8,

    /// <summary>The audio VAE's encoder, with the latent statistics.</summary>
    AudioVaeEncoder = 16,

    /// <summary>The audio VAE's decoder, with the latent statistics.</summary>
    AudioVaeDecoder = 32,

    /// <summary>The vocoder.</summary>
    Vocoder = 64,

    /// <summary>A latent upsampler.</summary>
    LatentUpsampler = 128,
}
