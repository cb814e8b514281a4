namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The variants of the latent upsampler.</summary>
internal enum LatentUpsamplerKind
{
    /// <summary>Height and width ×2 by convolution and pixel shuffle (<c>upsampler.0</c>, 4-D).</summary>
    Spatial,

    /// <summary>Height and width by a rational factor: pixel shuffle up, binomial blur with stride down (<c>upsampler.conv</c>).</summary>
    RationalSpatial,

    /// <summary>Time ×2 (<c>upsampler.0</c>, 5-D).</summary>
    Temporal,
}
