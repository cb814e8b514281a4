namespace LtxEngine.Networks.Transformer;

/// <summary>
/// The modulation vectors of a stream in one block: rows of <c>scale_shift_table</c>, then of <c>scale_shift_table_a2v_ca_*</c>.
/// The first table has shift before scale, the second scale before shift.
/// </summary>
internal enum ModulationVector
{
    /// <summary>Shift before self-attention.</summary>
    SelfShift = 0,

    /// <summary>Scale before self-attention.</summary>
    SelfScale = 1,

    /// <summary>Gate of self-attention.</summary>
    SelfGate = 2,

    /// <summary>Shift before the feed-forward.</summary>
    FeedForwardShift = 3,

    /// <summary>Scale before the feed-forward.</summary>
    FeedForwardScale = 4,

    /// <summary>Gate of the feed-forward.</summary>
    FeedForwardGate = 5,

    /// <summary>Scale of this stream in the audio-to-video attention.</summary>
    AudioToVideoScale = 6,

    /// <summary>Shift of this stream in the audio-to-video attention.</summary>
    AudioToVideoShift = 7,

    /// <summary>Scale of this stream in the video-to-audio attention.</summary>
    VideoToAudioScale = 8,

    /// <summary>Shift of this stream in the video-to-audio attention.</summary>
    VideoToAudioShift = 9,

    /// <summary>Gate of what the other stream adds to this one.</summary>
    CrossGate = 10,
}
