namespace LtxEngine.Checkpoints.Configuration;

/// <summary>How the video VAE pads height and width.</summary>
internal enum SpatialPadding
{
    /// <summary>Zeros: the encoder of LTX-2 19B.</summary>
    Zeros,

    /// <summary>Mirrored without repeating the edge: the decoder of LTX-2 19B.</summary>
    Reflect,
}
