using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <content>Prompts.</content>
internal static partial class GenerationPlanner
{
    /// <summary>Metadata of video files hold no zero characters, and half a surrogate pair is no text.</summary>
    private static void CheckText(string? text, string field, bool isRequired, ErrorList errors)
    {
        bool isText = text is null
            ? !isRequired
            : text.Length <= RequestLimits.MaxPromptLength && !text.Contains('\0', StringComparison.Ordinal) && IsWellFormed(text);
        errors.Require(
            isText,
            field,
            text is { Length: > RequestLimits.MaxPromptLength } ? $"{text.Length} characters long" : text,
            isRequired
                ? $"a text of at most {RequestLimits.MaxPromptLength} characters, which may be empty"
                : $"a text of at most {RequestLimits.MaxPromptLength} characters");
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
