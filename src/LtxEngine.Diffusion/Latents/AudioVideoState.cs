namespace LtxEngine.Diffusion.Latents;

/// <summary>The streams that one denoise loop advances together: video, and audio unless the clip is silent.</summary>
public sealed class AudioVideoState
{
    private readonly LatentState[] _streams;

    /// <summary>Puts the streams together.</summary>
    /// <param name="video">The video tokens.</param>
    /// <param name="audio">The audio tokens, or null when audio is off: then nothing of audio is computed at all.</param>
    /// <exception cref="ArgumentException">A state belongs to the other modality.</exception>
    public AudioVideoState(LatentState video, LatentState? audio)
    {
        ArgumentNullException.ThrowIfNull(video);
        if (video.Modality != Modality.Video)
        {
            throw new ArgumentException("The video state holds audio tokens; pass the state that was created for video.", nameof(video));
        }

        if (audio is not null && audio.Modality != Modality.Audio)
        {
            throw new ArgumentException("The audio state holds video tokens; pass the state that was created for audio.", nameof(audio));
        }

        Video = video;
        Audio = audio;
        _streams = audio is null ? [video] : [video, audio];
    }

    /// <summary>The video tokens.</summary>
    public LatentState Video { get; }

    /// <summary>The audio tokens; null when audio is off.</summary>
    public LatentState? Audio { get; }

    /// <summary>The streams that are present, video first.</summary>
    public ReadOnlySpan<LatentState> Streams => _streams;
}
