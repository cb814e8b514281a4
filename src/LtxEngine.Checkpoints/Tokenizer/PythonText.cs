namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>The string rules of the original's language, where they differ from .NET's.</summary>
internal static class PythonText
{
    /// <summary>
    /// Removes white space from both ends as Python's <c>str.strip</c> does: Unicode White_Space and U+001C … U+001F,
    /// which <see cref="string.Trim()"/> keeps. U+200B, U+FEFF and U+180E stay.
    /// </summary>
    internal static string Strip(string text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    private static bool IsWhiteSpace(char value) => char.IsWhiteSpace(value) || value is >= '\u001C' and <= '\u001F';
}
