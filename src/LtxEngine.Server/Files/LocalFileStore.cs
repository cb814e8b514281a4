using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;

namespace LtxEngine.Server.Files;

/// <summary>
/// The file store in a folder of this machine: <c>blobs/ab/abcd…</c> holds contents by their SHA-256, <c>files/ab/ID.json</c> what is known
/// of each file, <c>temporary</c> what is not complete. One process uses the folder.
/// </summary>
internal sealed class LocalFileStore : IFileStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly string _blobs;
    private readonly string _files;
    private readonly string _temporary;
    private readonly long _quota;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, StoredFile> _index = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BlobUse> _uses = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _used;
    private long _reserved;

    /// <summary>Opens or creates the folder; what was left incomplete is removed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="quota">Largest sum of contents in bytes.</param>
    /// <param name="time">Tells the time.</param>
    public LocalFileStore(string folder, long quota, TimeProvider time)
    {
        _blobs = Directory.CreateDirectory(Path.Combine(folder, "blobs")).FullName;
        _files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
        _temporary = Path.Combine(folder, "temporary");
        _quota = quota;
        _time = time;
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }

        Directory.CreateDirectory(_temporary);
        LoadIndex();
        RemoveUnusedBlobs();
    }

    /// <inheritdoc/>
    public async Task<StoredFile> AddAsync(NewFile file, Stream content, long maxBytes, CancellationToken cancellationToken = default)
    {
        if (!FileIds.IsValid(file.Id))
        {
            throw new ArgumentException("The id must come from FileIds.Create.", nameof(file));
        }

        string temporary = Path.Combine(_temporary, Path.GetRandomFileName());
        long size = 0;
        try
        {
            (size, string hash) = await CopyAsync(content, temporary, maxBytes, cancellationToken).ConfigureAwait(false);
            DateTimeOffset now = _time.GetUtcNow();
            StoredFile stored = new()
            {
                Id = file.Id,
                Name = FileNames.Clean(file.Name),
                ContentType = FileNames.CleanContentType(file.ContentType),
                Size = size,
                Hash = hash,
                Created = now,
                Expires = file.Lifetime is { } lifetime && lifetime < DateTimeOffset.MaxValue - now ? now + lifetime : null,
            };
            lock (_lock)
            {
                Keep(stored, temporary);
            }

            return stored;
        }
        finally
        {
            Interlocked.Add(ref _reserved, -size);
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public Task<StoredFile?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(_index.TryGetValue(id, out StoredFile? file) && !IsExpired(file) ? file : null);

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<Stream?>(_index.TryGetValue(id, out StoredFile? file) && !IsExpired(file)
                ? new FileStream(BlobPath(file.Hash), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous)
                : null);
        }
    }

    /// <inheritdoc/>
    public Task LimitLifetimeAsync(string id, DateTimeOffset expires, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_index.TryGetValue(id, out StoredFile? file) && (file.Expires is null || file.Expires > expires))
            {
                StoredFile limited = file with { Expires = expires };
                WriteDescription(limited);
                _index[id] = limited;
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult(Remove(id));
        }
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken = default)
    {
        int removed = 0;
        foreach (StoredFile file in _index.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_lock)
            {
                // It may have been replaced by a younger one since it was listed.
                removed += _index.TryGetValue(file.Id, out StoredFile? current) && IsExpired(current) && Remove(file.Id) ? 1 : 0;
            }
        }

        return Task.FromResult(removed);
    }

    /// <inheritdoc/>
    public Task<long> GetUsedBytesAsync(CancellationToken cancellationToken = default) => Task.FromResult(Interlocked.Read(ref _used));

    private bool IsExpired(StoredFile file) => file.Expires <= _time.GetUtcNow();

    /// <summary>Copies a content into a temporary file; bytes are reserved as they come, so that many uploads at once keep to the quota.</summary>
    private async Task<(long Size, string Hash)> CopyAsync(Stream content, string path, long maxBytes, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        try
        {
            FileStream target = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
            await using (target.ConfigureAwait(false))
            {
                byte[] buffer = new byte[1 << 16];
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    size += read;
                    long reserved = Interlocked.Add(ref _reserved, read);
                    if (size > maxBytes)
                    {
                        throw new FileTooLargeException(maxBytes);
                    }

                    if (Interlocked.Read(ref _used) + reserved > _quota)
                    {
                        throw new StorageFullException();
                    }

                    hash.AppendData(buffer, 0, read);
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }

                target.Flush(flushToDisk: true);
            }

            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            Interlocked.Add(ref _reserved, -size);
            throw;
        }
    }

    private void Keep(StoredFile file, string content)
    {
        string blob = BlobPath(file.Hash);
        if (!File.Exists(blob))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            File.Move(content, blob);
        }

        // The new description first, then the old one's content: an end of the process in between leaves a content without file, which the next start removes.
        WriteDescription(file);
        _index.TryGetValue(file.Id, out StoredFile? replaced);
        _index[file.Id] = file;
        Use(file);
        if (replaced is not null)
        {
            Unuse(replaced);
        }
    }

    private void WriteDescription(StoredFile file)
    {
        string description = FilePath(file.Id);
        Directory.CreateDirectory(Path.GetDirectoryName(description)!);
        string temporary = Path.Combine(_temporary, Path.GetRandomFileName());
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(file, Json));
        File.Move(temporary, description, overwrite: true);
    }

    private bool Remove(string id)
    {
        if (!_index.TryRemove(id, out StoredFile? file))
        {
            return false;
        }

        File.Delete(FilePath(id));
        Unuse(file);
        return true;
    }

    private void Use(StoredFile file)
    {
        if (_uses.TryGetValue(file.Hash, out BlobUse? use))
        {
            use.Files++;
            return;
        }

        _uses[file.Hash] = new BlobUse { Files = 1 };
        Interlocked.Add(ref _used, file.Size);
    }

    private void Unuse(StoredFile file)
    {
        if (--_uses[file.Hash].Files == 0)
        {
            _uses.Remove(file.Hash);
            Interlocked.Add(ref _used, -file.Size);
            File.Delete(BlobPath(file.Hash));
        }
    }

    private void LoadIndex()
    {
        foreach (string path in Directory.EnumerateFiles(_files, "*.json", SearchOption.AllDirectories))
        {
            // A description whose content is missing (a disk that lost it) is no file.
            if (Read(path) is { } file && File.Exists(BlobPath(file.Hash)))
            {
                _index[file.Id] = file;
                Use(file);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    private void RemoveUnusedBlobs()
    {
        foreach (string path in Directory.EnumerateFiles(_blobs, "*", SearchOption.AllDirectories).Where(p => !_uses.ContainsKey(Path.GetFileName(p))))
        {
            File.Delete(path);
        }
    }

    private static StoredFile? Read(string path)
    {
        try
        {
            StoredFile? file = JsonSerializer.Deserialize<StoredFile>(File.ReadAllBytes(path), Json);
            return file is not null && FileIds.IsValid(file.Id) && file.Hash.Length == 64 && file.Hash.All(char.IsAsciiHexDigitLower) ? file : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string BlobPath(string hash) => Path.Combine(_blobs, hash[..2], hash);

    private string FilePath(string id) => Path.Combine(_files, id[..2], id + ".json");

    private sealed class BlobUse
    {
        public int Files { get; set; }
    }
}
