using System.Text;

namespace LtxEngine.Media.Output;

/// <summary>
/// Texts as ffmpeg's metadata file, which is read as one more input: unlike arguments, texts in a file have no limit of the operating system's
/// and other users cannot read them in the list of processes.
/// </summary>
internal static class MetadataFile
{
    /// <summary>Writes the file: a header, then a line for each text, with a backslash in front of '=', ';', '#', '\' and line breaks.</summary>
    /// <param name="path">The file to create.</param>
    /// <param name="metadata">The texts by key.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static Task WriteAsync(string path, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        StringBuilder text = new(";FFMETADATA1\n");
        foreach ((string key, string value) in metadata)
        {
            Append(text, key).Append('=');
            Append(text, value).Append('\n');
        }

        return File.WriteAllTextAsync(path, text.ToString(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
    }

    private static StringBuilder Append(StringBuilder text, string value)
    {
        foreach (char character in value)
        {
            if (character is '=' or ';' or '#' or '\\' or '\n' or '\r')
            {
                text.Append('\\');
            }

            text.Append(character);
        }

        return text;
    }
}
