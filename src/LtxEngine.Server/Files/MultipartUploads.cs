using System.Globalization;
using System.Security.Cryptography;

namespace LtxEngine.Server.Files;

/// <summary>Uploads in parts: each part is a file until all are joined into one content of the store. Parts come in any order, also at the same time.</summary>
/// <param name="folder">Where the parts lie.</param>
/// <param name="maxBytes">Largest sum of an upload's parts.</param>
/// <param name="maxTotalBytes">Largest sum of the parts of all uploads.</param>
/// <param name="time">Tells which uploads were left behind.</param>
internal sealed class MultipartUploads(string folder, long maxBytes, long maxTotalBytes, TimeProvider time)
{
    /// <summary>Largest number of a part.</summary>
    public const int MaxParts = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Stores one part; a part that comes again replaces the earlier one.</summary>
    /// <param name="fileId">The upload: the id that its file will have.</param>
    /// <param name="number">The part, from 1.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="cancellationToken">Stops; nothing stays.</param>
    /// <returns>The part's tag.</returns>
    /// <exception cref="FileTooLargeException">The upload has more bytes than allowed.</exception>
    /// <exception cref="StorageFullException">All uploads together take too much room.</exception>
    public async Task<string> AddPartAsync(string fileId, int number, Stream content, CancellationToken cancellationToken)
    {
        string parts = Directory.CreateDirectory(PartsFolder(fileId)).FullName;
        if (new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) > maxTotalBytes)
        {
            throw new StorageFullException();
        }

        string name = number.ToString(CultureInfo.InvariantCulture);
        long others = new DirectoryInfo(parts).EnumerateFiles().Where(f => f.Name != name && !f.Name.EndsWith(".new", StringComparison.Ordinal)).Sum(f => f.Length);
        string temporary = Path.Combine(parts, Path.GetRandomFileName() + ".new");
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            FileStream target = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
            await using (target.ConfigureAwait(false))
            {
                byte[] buffer = new byte[1 << 16];
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    if ((others += read) > maxBytes)
                    {
                        throw new FileTooLargeException(maxBytes);
                    }

                    hash.AppendData(buffer, 0, read);
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }
            }

            File.Move(temporary, Path.Combine(parts, name), overwrite: true);
            return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Joins parts into a file of the store.</summary>
    /// <param name="files">The store.</param>
    /// <param name="file">The file.</param>
    /// <param name="numbers">The parts, in any order.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The file; null where a part is missing.</returns>
    public async Task<StoredFile?> CompleteAsync(IFileStore files, NewFile file, IEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        string[] paths = [.. numbers.Distinct().Order().Select(n => Path.Combine(PartsFolder(file.Id), n.ToString(CultureInfo.InvariantCulture)))];
        if (paths.Length == 0 || !paths.All(File.Exists))
        {
            return null;
        }

        JoinedStream joined = new(paths);
        StoredFile stored;
        await using (joined.ConfigureAwait(false))
        {
            stored = await files.AddAsync(file, joined, maxBytes, cancellationToken).ConfigureAwait(false);
        }

        Directory.Delete(PartsFolder(file.Id), recursive: true);
        return stored;
    }

    /// <summary>Removes uploads that nobody completed within a day.</summary>
    /// <returns>Number of removed uploads.</returns>
    public int Sweep()
    {
        int removed = 0;
        foreach (DirectoryInfo upload in Directory.CreateDirectory(folder).EnumerateDirectories())
        {
            if (upload.LastWriteTimeUtc < (time.GetUtcNow() - Lifetime).UtcDateTime)
            {
                upload.Delete(recursive: true);
                removed++;
            }
        }

        return removed;
    }

    private string PartsFolder(string fileId) =>
        FileIds.IsValid(fileId) ? Path.Combine(folder, fileId) : throw new ArgumentException("The id must come from FileIds.Create.", nameof(fileId));
}
