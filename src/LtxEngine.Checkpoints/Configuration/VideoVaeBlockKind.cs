namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The kinds of blocks in the video VAE.</summary>
internal enum VideoVaeBlockKind
{
    /// <summary>Residual blocks of one width (<c>res_x</c>).</summary>
    Residual,

    /// <summary>Resampling of height and width by 2 (<c>compress_space</c>).</summary>
    CompressSpace,

    /// <summary>Resampling of time by 2 (<c>compress_time</c>).</summary>
    CompressTime,

    /// <summary>Resampling of time, height and width by 2 (<c>compress_all</c>).</summary>
    CompressAll,
}
