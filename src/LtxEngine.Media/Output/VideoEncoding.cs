using System.Collections.Immutable;

namespace LtxEngine.Media.Output;

/// <summary>How one video file is encoded: what <see cref="VideoEncodings"/> gives for a format, a quality and a write mode.</summary>
/// <param name="Name">The name users choose the format by.</param>
/// <param name="Extension">The usual ending of such files, with the dot.</param>
/// <param name="ContentType">The media type: <c>video/mp4</c>.</param>
/// <param name="Container">ffmpeg's name of the container format.</param>
/// <param name="PixelFilter">The filter that turns RGB into the encoder's pixels.</param>
/// <param name="VideoArguments">Video encoder and its settings.</param>
/// <param name="AudioArguments">Audio encoder and its settings; empty where the format carries no sound.</param>
/// <param name="ContainerArguments">Settings of the container.</param>
/// <param name="SideMultiple">Width and height must be multiples of this.</param>
internal sealed record VideoEncoding(
    string Name,
    string Extension,
    string ContentType,
    string Container,
    string PixelFilter,
    ImmutableArray<string> VideoArguments,
    ImmutableArray<string> AudioArguments,
    IReadOnlyList<string> ContainerArguments,
    int SideMultiple)
{
    /// <summary>Whether the format carries sound.</summary>
    public bool HasAudio => AudioArguments.Length > 0;

    /// <summary>Names of the ffmpeg encoders that are needed.</summary>
    public IEnumerable<string> Encoders
    {
        get
        {
            yield return VideoArguments[VideoArguments.IndexOf("-c:v") + 1];
            if (HasAudio)
            {
                yield return AudioArguments[AudioArguments.IndexOf("-c:a") + 1];
            }

            if (Palette is not null)
            {
                yield return "ffv1";
                yield return "png";
            }
        }
    }

    /// <summary>The ffmpeg filters of a palette format; null for all others.</summary>
    public GifPalette? Palette { get; init; }

    /// <summary>Frames per second above which players slow the format down, so that frames are left out; null for no limit.</summary>
    public int? MaxFramesPerSecond { get; init; }
}
