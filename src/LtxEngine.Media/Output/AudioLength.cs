namespace LtxEngine.Media.Output;

/// <summary>How the sound's length relates to the video's.</summary>
internal enum AudioLength
{
    /// <summary>Cut, or continued with silence, to the video's length.</summary>
    MatchVideo,

    /// <summary>Left as it is.</summary>
    AsGiven,
}
