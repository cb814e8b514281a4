namespace LtxEngine;

/// <summary>The widths of a synthetic transformer.</summary>
public enum SyntheticModelSize
{
    /// <summary>Those of LTX-2 19B: video 4096, audio 2048, 772 MB a block.</summary>
    Full,

    /// <summary>Those of the demo model: video 128, audio 64.</summary>
    Demo,
}
