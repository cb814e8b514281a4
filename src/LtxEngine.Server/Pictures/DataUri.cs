using System.Text;

namespace LtxEngine.Server.Pictures;

/// <summary>Contents within an address: <c>data:[type][;base64],content</c>.</summary>
internal static class DataUri
{
    /// <summary>Whether a text is such an address.</summary>
    /// <param name="text">The text.</param>
    public static bool Is(string text) => text.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="limit">Largest number of bytes.</param>
    /// <returns>Media type and content.</returns>
    /// <exception cref="PictureException">The address is damaged, empty or too large.</exception>
    public static (string ContentType, byte[] Content) Parse(string text, long limit)
    {
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            throw PictureException.Download("data URI without a comma");
        }

        string head = text[5..comma];
        ReadOnlySpan<char> content = text.AsSpan(comma + 1);
        if (content.Length / 4 * 3 > limit + 3)
        {
            throw PictureException.TooLarge(limit);
        }

        bool isBase64 = head.EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
        byte[] bytes = isBase64 ? FromBase64(content) : FromPercentEncoding(content);
        return bytes.Length == 0 ? throw PictureException.Download("empty data URI")
            : bytes.Length > limit ? throw PictureException.TooLarge(limit)
            : (head.Split(';')[0], bytes);
    }

    private static byte[] FromBase64(ReadOnlySpan<char> content)
    {
        // Browsers percent-encode + and = in some places; whitespace is skipped by the decoder.
        string text = content.Contains('%') ? Uri.UnescapeDataString(content.ToString()) : content.ToString();
        try
        {
            return Convert.FromBase64String(text.Length % 4 == 0 ? text : text.TrimEnd('=') is { } bare ? bare.PadRight((bare.Length + 3) / 4 * 4, '=') : text);
        }
        catch (FormatException)
        {
            throw PictureException.Download("data URI with damaged base64");
        }
    }

    private static byte[] FromPercentEncoding(ReadOnlySpan<char> content)
    {
        List<byte> bytes = new(content.Length);
        for (int i = 0; i < content.Length; i++)
        {
            char c = content[i];
            if (c == '%' && i + 2 < content.Length && char.IsAsciiHexDigit(content[i + 1]) && char.IsAsciiHexDigit(content[i + 2]))
            {
                bytes.Add(Convert.FromHexString(content.Slice(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([c]));
            }
        }

        return [.. bytes];
    }
}
