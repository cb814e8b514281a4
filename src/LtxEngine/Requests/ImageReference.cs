namespace LtxEngine.Requests;

/// <summary>Images in requests as text: a file, or a <c>data:</c> address with the picture itself.</summary>
internal static class ImageReference
{
    private const string DataScheme = "data:";

    /// <summary>Reads a reference.</summary>
    /// <param name="reference">The text.</param>
    /// <param name="folder">Where files that are no full paths lie; null for the current folder.</param>
    /// <returns>The image; a file is opened when a request needs it.</returns>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ImageSource Parse(string reference, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.StartsWith(DataScheme, StringComparison.OrdinalIgnoreCase))
        {
            return ImageSource.FromBytes(ReadData(reference));
        }

        if (string.IsNullOrWhiteSpace(reference) || reference.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException("an image file, or data:image/png;base64,…");
        }

        if (reference.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || reference.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("an image file, or data:image/png;base64,…; addresses are fetched by the server only, so download the picture first");
        }

        return ImageSource.FromFile(folder is null ? reference : Path.Combine(folder, reference));
    }

    /// <summary>The text of an image: the full path of a file, or what messages call it.</summary>
    /// <param name="image">The image.</param>
    public static string Describe(ImageSource image) => image.FilePath is { } path ? Path.GetFullPath(path) : image.Description;

    /// <summary>The bytes of a <c>data:[type][;base64],content</c> address; without base64 the content is percent-encoded.</summary>
    /// <param name="address">The address.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static ReadOnlyMemory<byte> ReadData(string address)
    {
        int comma = address.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            throw new FormatException("data:image/png;base64,… with a comma before the content");
        }

        string content = address[(comma + 1)..];
        bool isBase64 = address[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
        try
        {
            return isBase64 ? Convert.FromBase64String(content) : System.Web.HttpUtility.UrlDecodeToBytes(content.Replace("+", "%2B", StringComparison.Ordinal));
        }
        catch (FormatException exception)
        {
            throw new FormatException("data:image/png;base64,… with valid base64 behind the comma", exception);
        }
    }
}
