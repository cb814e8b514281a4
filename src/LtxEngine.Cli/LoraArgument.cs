using System.CommandLine.Parsing;
using System.Globalization;

namespace LtxEngine.Cli;

/// <summary>Reads <c>FILE[:STRENGTH]</c>.</summary>
internal static class LoraArgument
{
    /// <summary>Parses every value of the option.</summary>
    /// <param name="result">The values; a text behind the last colon that is no number belongs to the file's name.</param>
    public static LoraUse[] Parse(ArgumentResult result) => [.. result.Tokens.Select(token => Parse(token.Value))];

    private static LoraUse Parse(string value)
    {
        int colon = value.LastIndexOf(':');
        return colon > 0 && double.TryParse(value[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double strength)
            ? new LoraUse(value[..colon], strength)
            : new LoraUse(value);
    }
}
