using System.CommandLine.Parsing;
using System.Globalization;

namespace LtxEngine.Cli;

/// <summary>Sizes on the command line: <c>16GiB</c>, <c>500MB</c>, <c>8589934592</c>.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ];

    /// <summary>Reads an option's value; what cannot be read is noted as the option's error.</summary>
    /// <param name="result">The option.</param>
    public static long? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Single().Value;
        if (TryParse(text, out long bytes) && bytes >= 1L << 20)
        {
            return bytes;
        }

        result.AddError($"{((OptionResult)result.Parent!).Option.Name}: '{text}' is not a size of at least 1 MiB; write it as 16GiB, 500MB or a number of bytes.");
        return null;
    }

    /// <summary>Reads a size.</summary>
    /// <param name="text">A number, with a unit or without.</param>
    /// <param name="bytes">The size.</param>
    public static bool TryParse(string text, out long bytes)
    {
        (string suffix, long unit) = Units.FirstOrDefault(u => text.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase), (string.Empty, 1));
        bool isNumber = decimal.TryParse(text.AsSpan(0, text.Length - suffix.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value);
        bool fits = isNumber && value >= 0 && value < (decimal)long.MaxValue / unit;
        bytes = fits ? (long)(value * unit) : 0;
        return fits;
    }
}
