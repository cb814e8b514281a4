using System.Text.RegularExpressions;

namespace LtxEngine.Server.Work;

/// <summary>Takes folders out of texts that callers read: of a path only its last part stays.</summary>
internal static partial class PathRedaction
{
    /// <summary>Shortens every absolute path of a text.</summary>
    /// <param name="text">The text.</param>
    public static string Apply(string text) => Folders().Replace(text, string.Empty);

    /// <summary>A root or drive, and every folder up to the last separator; not the slashes of an address or between two words.</summary>
    [GeneratedRegex("""(?<![\w:/.])(?:[A-Za-z]:)?[/\\](?=\S)(?:[^/\\'"<>|\r\n,;:()]*[/\\])*""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Folders();
}
