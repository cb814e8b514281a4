using LtxEngine.Media.Output;

namespace LtxEngine;

/// <summary>What files of a type are called.</summary>
public static class VideoOutputTypeExtensions
{
    /// <summary>The ending of such files, with the dot: <c>.mp4</c>, <c>.webm</c>, <c>.mov</c> or <c>.gif</c>.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The ending.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static string FileExtension(this VideoOutputType type) => Encoding(type).Extension;

    /// <summary>The media type: <c>video/mp4</c>, <c>video/webm</c>, <c>video/quicktime</c> or <c>image/gif</c>.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The media type.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static string ContentType(this VideoOutputType type) => Encoding(type).ContentType;

    private static VideoEncoding Encoding(VideoOutputType type) => VideoEncodings.Get(type, VideoQuality.High, VideoWriteMode.Balanced);
}
