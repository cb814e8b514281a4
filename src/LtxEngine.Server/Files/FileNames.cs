using System.Net.Http.Headers;

namespace LtxEngine.Server.Files;

/// <summary>Makes names and media types that come from outside harmless.</summary>
internal static class FileNames
{
    private const int MaxLength = 120;

    /// <summary>A name of letters, digits, dots, dashes and underscores that is neither a folder nor hidden.</summary>
    /// <param name="name">The name given; null and what has no usable character become <c>file</c>.</param>
    public static string Clean(string? name)
    {
        string last = (name ?? string.Empty).Split('/', '\\')[^1];
        string cleaned = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        cleaned = cleaned.Length > MaxLength ? cleaned[^MaxLength..].TrimStart('.') : cleaned;
        return cleaned.Any(c => char.IsAsciiLetterOrDigit(c)) ? cleaned : "file";
    }

    /// <summary>A media type without parameters.</summary>
    /// <param name="contentType">The header given.</param>
    public static string CleanContentType(string? contentType) =>
        contentType is { Length: <= 200 } && MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? parsed) && parsed.MediaType is { } type
            ? type.ToLowerInvariant()
            : "application/octet-stream";
}
