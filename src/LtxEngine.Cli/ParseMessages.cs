using System.Text.RegularExpressions;

namespace LtxEngine.Cli;

/// <summary>Words the parser's messages for people who do not know .NET types.</summary>
internal static partial class ParseMessages
{
    /// <summary>Replaces the name of a .NET type by what is allowed.</summary>
    /// <param name="message">The parser's message.</param>
    public static string Simplify(string message)
    {
        Match match = TypeMismatch().Match(message);
        if (!match.Success)
        {
            return message;
        }

        string type = match.Groups["type"].Value;
        string allowed = type.Contains("Int", StringComparison.Ordinal) ? "a whole number"
            : type.Contains("Double", StringComparison.Ordinal) ? "a number"
            : type.Contains("Boolean", StringComparison.Ordinal) ? "true or false"
            : "a value of another kind";
        return $"{match.Groups["option"].Value} is {match.Groups["value"].Value}; allowed: {allowed}.";
    }

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option|command) '(?<option>.*)' as expected type '(?<type>.*)'\\.", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeMismatch();
}
