using System.Buffers;
using System.Text;

namespace LtxEngine.Media.Output;

/// <summary>Stores texts in GIF files as comment extensions, which ffmpeg does not write, and reads them.</summary>
internal static class GifComments
{
    private const int HeaderLength = 13;
    private const byte Extension = 0x21;
    private const byte CommentLabel = 0xFE;
    private const byte Image = 0x2C;
    private const byte Trailer = 0x3B;
    private const string CommentKey = "comment";

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    /// <summary>Copies a GIF file with comments in front of its pictures: the text of "comment" as it is, others as "key=value" (see <see cref="Split"/>), in UTF-8.</summary>
    /// <param name="sourcePath">The GIF file.</param>
    /// <param name="targetPath">The file to create or replace.</param>
    /// <param name="metadata">The texts by key.</param>
    /// <param name="cancellationToken">Stops copying.</param>
    /// <exception cref="IOException">A file cannot be read or written, or the source is no GIF.</exception>
    public static async Task InsertAsync(
        string sourcePath, string targetPath, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        FileStream source = new(sourcePath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (source.ConfigureAwait(false))
        {
            byte[] header = new byte[HeaderLength];
            await source.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
            byte[] colours = new byte[ColourTableLength(header)];
            await source.ReadExactlyAsync(colours, cancellationToken).ConfigureAwait(false);
            FileStream target = new(targetPath, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await using (target.ConfigureAwait(false))
            {
                await target.WriteAsync(header, cancellationToken).ConfigureAwait(false);
                await target.WriteAsync(colours, cancellationToken).ConfigureAwait(false);
                foreach ((string key, string value) in metadata)
                {
                    await target.WriteAsync(ToExtension(Join(key, value)), cancellationToken).ConfigureAwait(false);
                }

                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the comments of a GIF file, up to its first picture.</summary>
    /// <param name="file">The file, from its first byte.</param>
    /// <returns>The texts in order.</returns>
    /// <exception cref="IOException">The file ends early or is no GIF.</exception>
    public static IReadOnlyList<string> Read(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        byte[] header = new byte[HeaderLength];
        file.ReadExactly(header);
        file.ReadExactly(new byte[ColourTableLength(header)]);
        List<string> comments = [];
        while (true)
        {
            int block = file.ReadByte();
            if (block is Image or Trailer)
            {
                return comments;
            }

            int label = file.ReadByte();
            if (block != Extension || label < 0)
            {
                throw new EndOfStreamException("The GIF file is damaged.");
            }

            byte[] content = ReadBlocks(file);
            if (label == CommentLabel)
            {
                comments.Add(Encoding.UTF8.GetString(content));
            }
        }
    }

    /// <summary>Takes a comment apart into key and value.</summary>
    /// <param name="comment">The text of a comment.</param>
    /// <returns>What stands before and after the first '=' where the front looks like a key (letters, digits, '_', '-', '.'); else "comment" and the text.</returns>
    public static (string Key, string Value) Split(string comment)
    {
        ArgumentNullException.ThrowIfNull(comment);
        int at = comment.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && comment.AsSpan(0, at).IndexOfAnyExcept(KeyCharacters) < 0 ? (comment[..at], comment[(at + 1)..]) : (CommentKey, comment);
    }

    private static string Join(string key, string value) =>
        key.Equals(CommentKey, StringComparison.OrdinalIgnoreCase) && Split(value) == (CommentKey, value) ? value : $"{key}={value}";

    private static int ColourTableLength(byte[] header)
    {
        if (!header.AsSpan().StartsWith("GIF8"u8))
        {
            throw new InvalidDataException("It is no GIF file.");
        }

        const int HasTable = 0x80;
        return (header[10] & HasTable) == 0 ? 0 : 3 << ((header[10] & 7) + 1);
    }

    private static byte[] ToExtension(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using MemoryStream extension = new();
        extension.Write([Extension, CommentLabel]);
        for (int at = 0; at < bytes.Length; at += byte.MaxValue)
        {
            int length = Math.Min(byte.MaxValue, bytes.Length - at);
            extension.WriteByte((byte)length);
            extension.Write(bytes, at, length);
        }

        extension.WriteByte(0);
        return extension.ToArray();
    }

    private static byte[] ReadBlocks(Stream file)
    {
        using MemoryStream content = new();
        byte[] block = new byte[byte.MaxValue];
        int length;
        while ((length = file.ReadByte()) > 0)
        {
            file.ReadExactly(block, 0, length);
            content.Write(block, 0, length);
        }

        return length == 0 ? content.ToArray() : throw new EndOfStreamException("The GIF file ends early.");
    }
}
