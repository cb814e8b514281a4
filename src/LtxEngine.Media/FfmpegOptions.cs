namespace LtxEngine;

/// <summary>Where ffmpeg is and how long it may stand still.</summary>
public sealed class FfmpegOptions
{
    private readonly TimeSpan _inactivityTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Path of the ffmpeg program, or a bare name looked up on PATH. Null (default): <c>ffmpeg</c> on PATH.</summary>
    public string? FfmpegPath { get; init; }

    /// <summary>Path of the ffprobe program, or a bare name looked up on PATH. Null (default): beside ffmpeg, else on PATH.</summary>
    public string? FfprobePath { get; init; }

    /// <summary>
    /// How long ffmpeg may neither take nor give data while the engine waits for it, before it is stopped. Default 60 s: an encoder
    /// takes a frame every few seconds even on a loaded machine. The time in which ffmpeg waits for the engine does not count.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive or above one day.</exception>
    public TimeSpan InactivityTimeout
    {
        get => _inactivityTimeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            _inactivityTimeout = value;
        }
    }
}
