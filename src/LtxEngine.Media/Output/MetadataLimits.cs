using System.Text;

namespace LtxEngine.Media.Output;

/// <summary>Which texts every format can store.</summary>
internal static class MetadataLimits
{
    /// <summary>Most bytes of a text in UTF-8: QuickTime counts the length of its user data in 16 bits, and ffmpeg stores longer texts wrongly.</summary>
    public const int MaxBytes = ushort.MaxValue;

    private const int MaxKeyLength = 255;

    /// <summary>Whether a text can be stored.</summary>
    /// <param name="value">The text.</param>
    public static bool Fits(string value) => !value.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(value) <= MaxBytes;

    /// <summary>Says what is wrong with the first text that cannot be stored.</summary>
    /// <param name="metadata">The texts by key.</param>
    /// <returns>A sentence; null where all can be stored.</returns>
    public static string? FindError(IReadOnlyDictionary<string, string> metadata)
    {
        foreach ((string key, string value) in metadata)
        {
            if (key.Length is 0 or > MaxKeyLength || key.Contains('=', StringComparison.Ordinal) || key.Any(char.IsControl))
            {
                return $"The metadata key \"{key}\" must have 1 … {MaxKeyLength} characters, no '=' and no control characters.";
            }

            if (value is null || !Fits(value))
            {
                return $"The metadata value of \"{key}\" must have at most {MaxBytes} bytes in UTF-8 and no zero character.";
            }
        }

        return null;
    }
}
