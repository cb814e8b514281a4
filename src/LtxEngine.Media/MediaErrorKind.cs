namespace LtxEngine;

/// <summary>What went wrong with an image, a video or the media engine.</summary>
public enum MediaErrorKind
{
    /// <summary>ffmpeg (or ffprobe) was not found or could not be started.</summary>
    ToolNotFound,

    /// <summary>ffmpeg ended with an error; <see cref="MediaException.ToolOutput"/> holds what it printed.</summary>
    ToolFailed,

    /// <summary>ffmpeg made no progress for the allowed time and was stopped.</summary>
    ToolTimedOut,

    /// <summary>A file cannot be read: missing, a folder, no permission, empty.</summary>
    Unreadable,

    /// <summary>The bytes are not an image of a supported format.</summary>
    UnsupportedFormat,

    /// <summary>The image is damaged or ends early.</summary>
    Corrupt,

    /// <summary>The image exceeds a limit of <see cref="ImageDecodingOptions"/>.</summary>
    TooLarge,

    /// <summary>The output exists already and overwriting was not asked for.</summary>
    OutputExists,

    /// <summary>The output cannot be written: missing folder, no permission, disk full, wrong number of frames.</summary>
    OutputFailed,
}
