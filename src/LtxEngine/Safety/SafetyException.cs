namespace LtxEngine;

/// <summary>The safety checker refused a request, or the clip that was made from it. No file was written.</summary>
public sealed class SafetyException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="field">What was refused: the field's name in snake case, or <c>output</c> for a frame of the clip.</param>
    /// <param name="reason">Why.</param>
    /// <param name="frame">The frame that was refused; null for a field of the request.</param>
    public SafetyException(string field, string reason, int? frame = null)
        : base($"The safety checker refused {(frame is null ? $"the field {field}" : $"frame {frame} of the clip")}: {reason}.")
    {
        Field = field;
        Reason = reason;
        Frame = frame;
    }

    /// <summary>
    /// What was refused: <c>prompt</c>, <c>negative_prompt</c>, <c>image</c>, <c>end_image</c>, <c>images[0]</c> …, or <c>output</c> for a frame of the clip.
    /// </summary>
    public string Field { get; }

    /// <summary>Why.</summary>
    public string Reason { get; }

    /// <summary>The frame that was refused, from 0; null for a field of the request.</summary>
    public int? Frame { get; }
}
