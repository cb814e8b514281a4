using System.Text;
using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Output;

/// <summary>Reads the texts that <see cref="VideoWriter"/> stored in a file.</summary>
internal static class StoredMetadata
{
    /// <summary>Reads a video file's texts.</summary>
    /// <param name="ffmpeg">Reads all formats but GIF.</param>
    /// <param name="path">A file of any format that can be written.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>The texts by key; keys are compared without regard to case, because WebM stores them in capitals.</returns>
    /// <exception cref="MediaException">The file cannot be read or is damaged.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(FfmpegTool ffmpeg, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ffmpeg);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path))
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read {path}: there is no such file.");
        }

        if (IsGif(path))
        {
            return ReadGif(path);
        }

        const int MaxLength = 16 * 1024 * 1024;
        ReadOnlyMemory<byte> text = await ffmpeg.RunAsync(
            ["-protocol_whitelist", "file", "-i", "file:" + Path.GetFullPath(path), "-map_chapters", "-1", "-f", "ffmetadata", "pipe:1"],
            ReadOnlyMemory<byte>.Empty,
            MaxLength,
            $"reading the metadata of {path}",
            MediaErrorKind.Corrupt,
            cancellationToken).ConfigureAwait(false);
        return Parse(Encoding.UTF8.GetString(text.Span));
    }

    /// <summary>
    /// Reads ffmpeg's metadata text: a line per key, "key=value", a backslash in front of '=', ';', '#', '\' and line breaks that belong to
    /// a key or value; ';' and '#' start comments; '[' starts the streams' own texts, which are left out.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The texts by key.</returns>
    internal static IReadOnlyDictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> result = new(StringComparer.OrdinalIgnoreCase);
        StringBuilder current = new();
        string? key = null;
        bool atLineStart = true;
        bool inComment = false;
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            if (character == '\n')
            {
                if (key is not null)
                {
                    result[key] = current.ToString();
                }

                key = null;
                current.Clear();
                atLineStart = true;
                inComment = false;
                continue;
            }

            if (atLineStart && character == '[')
            {
                break;
            }

            inComment |= atLineStart && character is ';' or '#';
            atLineStart = false;
            if (inComment)
            {
                continue;
            }

            if (character == '\\' && i + 1 < text.Length)
            {
                current.Append(text[++i]);
            }
            else if (character == '=' && key is null)
            {
                key = current.ToString();
                current.Clear();
            }
            else
            {
                current.Append(character);
            }
        }

        return result;
    }

    private static bool IsGif(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[4];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("GIF8"u8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read {path}: {exception.Message}", innerException: exception);
        }
    }

    private static Dictionary<string, string> ReadGif(string path)
    {
        Dictionary<string, string> result = new(StringComparer.OrdinalIgnoreCase);
        try
        {
            using FileStream file = File.OpenRead(path);
            foreach (string comment in GifComments.Read(file))
            {
                (string key, string value) = GifComments.Split(comment);
                result[key] = value;
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.Corrupt, $"Cannot read {path}: {exception.Message}", innerException: exception);
        }

        return result;
    }
}
