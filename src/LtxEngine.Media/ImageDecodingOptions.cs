namespace LtxEngine;

/// <summary>Limits and choices for reading images. The limits are checked against the file's header, before any pixel is decoded.</summary>
public sealed class ImageDecodingOptions
{
    private readonly int _maxSide = 16384;
    private readonly long _maxPixels = 100_000_000;
    private readonly long _maxEncodedBytes = 256L * 1024 * 1024;

    /// <summary>Longest allowed width or height in pixels, 1 … 65535. Default 16384, what encoders and decoders commonly allow.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int MaxSide
    {
        get => _maxSide;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 65535);
            _maxSide = value;
        }
    }

    /// <summary>Largest allowed width × height, 1 … 500,000,000. Default 100 million (300 MB as RGB), above every common camera.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public long MaxPixels
    {
        get => _maxPixels;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 500_000_000);
            _maxPixels = value;
        }
    }

    /// <summary>Largest allowed file in bytes, 1 … 2,000,000,000. Default 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public long MaxEncodedBytes
    {
        get => _maxEncodedBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 2_000_000_000);
            _maxEncodedBytes = value;
        }
    }

    /// <summary>Whether the EXIF orientation (or the rotation and mirroring of an AVIF) is applied. Default true.</summary>
    public bool ApplyOrientation { get; init; } = true;
}
