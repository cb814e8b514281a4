namespace LtxEngine.Media.Output;

/// <summary>The table of all video formats that can be written. A new format is a new row.</summary>
internal static class VideoEncodings
{
    /// <summary>
    /// H.264 and AAC in MP4, with the original's encoder settings (x264 preset medium, CRF 23, 4:2:0; AAC-LC at 128 kbit/s) and the
    /// index in front, so that browsers play it while it loads. Unlike the original's file the colours are tagged (BT.709), because
    /// players guess differently about untagged ones. The movie time scale makes the sound's edit list exact: in the usual milliseconds its
    /// length would be rounded.
    /// </summary>
    public static VideoEncoding Mp4 { get; } = new(
        Name: "mp4",
        Extension: ".mp4",
        Container: "mp4",
        PixelFilter: "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp,format=yuv420p",
        VideoArguments:
        [
            "-c:v", "libx264", "-preset", "medium", "-crf", "23", "-pix_fmt", "yuv420p", "-profile:v", "high",
            "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
        ],
        AudioArguments: ["-c:a", "aac", "-profile:a", "aac_low", "-b:a", "128k"],
        ContainerArguments: ["-movflags", "+faststart", "-movie_timescale", "48000"],
        SideMultiple: 2);

    /// <summary>All formats.</summary>
    public static IReadOnlyList<VideoEncoding> All { get; } = [Mp4];
}
