namespace LtxEngine;

/// <summary>The kind of video file that is written. <c>docs/output-formats.md</c> has the encoder settings, measured sizes and times.</summary>
public enum VideoOutputType
{
    /// <summary>H.264 with AAC sound in MP4 (<c>.mp4</c>): plays everywhere.</summary>
    X264,

    /// <summary>VP9 with Opus sound in WebM (<c>.webm</c>): smaller, slower to write.</summary>
    Vp9,

    /// <summary>Apple ProRes 4444 with uncompressed sound in QuickTime (<c>.mov</c>): large, for editing.</summary>
    ProRes4444,

    /// <summary>Animated GIF (<c>.gif</c>) with at most 256 colours and at most 50 frames per second; no sound.</summary>
    Gif,
}
