namespace LtxEngine.Media.Output;

/// <summary>
/// Which frames of a clip a file shows. Players slow some formats down above a rate; there the file has that rate and leaves frames out, so that
/// it plays as long as the clip: frame k of the file is frame ⌊k · clip rate / file rate⌋ of the clip.
/// </summary>
internal sealed class FileTiming
{
    private readonly FrameRate _clipRate;

    private FileTiming(FrameRate clipRate, FrameRate rate, int frames)
    {
        _clipRate = clipRate;
        Rate = rate;
        FrameCount = frames;
    }

    /// <summary>The rate of the file: the clip's, or the format's limit.</summary>
    public FrameRate Rate { get; }

    /// <summary>Frames of the file: all of the clip's, or round(clip frames · file rate / clip rate), at least 1.</summary>
    public int FrameCount { get; }

    /// <summary>The timing of a clip in a format.</summary>
    /// <param name="encoding">The format.</param>
    /// <param name="clipRate">The clip's rate.</param>
    /// <param name="clipFrames">The clip's frames, at least 1.</param>
    /// <returns>The timing of the file.</returns>
    public static FileTiming For(VideoEncoding encoding, FrameRate clipRate, int clipFrames)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        return encoding.MaxFramesPerSecond is { } limit && clipRate.FramesPerSecond > limit
            ? new FileTiming(clipRate, new FrameRate(limit), (int)Math.Max(1, clipRate.SamplesIn(clipFrames, limit)))
            : new FileTiming(clipRate, clipRate, clipFrames);
    }

    /// <summary>The frame of the clip that a frame of the file shows.</summary>
    /// <param name="fileFrame">The frame of the file, from 0.</param>
    /// <returns>The frame of the clip, from 0.</returns>
    public long ClipFrame(int fileFrame) =>
        (long)((Int128)fileFrame * _clipRate.Numerator * Rate.Denominator / ((Int128)_clipRate.Denominator * Rate.Numerator));
}
