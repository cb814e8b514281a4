namespace LtxEngine;

/// <summary>An image could not be read, or a video, picture or sound could not be written.</summary>
public sealed class MediaException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kind">What went wrong.</param>
    /// <param name="message">What happened, with which value, and what to change.</param>
    /// <param name="toolOutput">The end of what ffmpeg printed to its error stream, if it ran.</param>
    /// <param name="innerException">The cause, if any.</param>
    public MediaException(MediaErrorKind kind, string message, string? toolOutput = null, Exception? innerException = null)
        : base(string.IsNullOrWhiteSpace(toolOutput) ? message : $"{message}{Environment.NewLine}ffmpeg: {toolOutput.Trim()}", innerException)
    {
        Kind = kind;
        ToolOutput = toolOutput;
    }

    /// <summary>What went wrong.</summary>
    public MediaErrorKind Kind { get; }

    /// <summary>The end of what ffmpeg printed to its error stream; null where ffmpeg did not run.</summary>
    public string? ToolOutput { get; }
}
