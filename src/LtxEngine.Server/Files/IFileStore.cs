namespace LtxEngine.Server.Files;

/// <summary>
/// Keeps uploaded and generated files by content: equal contents take room once. A file appears whole or not at all, and what
/// a method returned survives the end of the process. All methods are thread-safe.
/// </summary>
internal interface IFileStore
{
    /// <summary>Stores a content.</summary>
    /// <param name="file">What is known of it.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="maxBytes">Largest allowed size.</param>
    /// <param name="cancellationToken">Stops; nothing stays.</param>
    /// <returns>The file.</returns>
    /// <exception cref="FileTooLargeException">There are more bytes than allowed.</exception>
    /// <exception cref="StorageFullException">There is no room.</exception>
    Task<StoredFile> AddAsync(NewFile file, Stream content, long maxBytes, CancellationToken cancellationToken = default);

    /// <summary>Finds a file that has not expired.</summary>
    /// <param name="id">Any text.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The file; null where there is none.</returns>
    Task<StoredFile?> FindAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Opens the content of a file; it stays readable to its end even where the file is removed meanwhile.</summary>
    /// <param name="id">The file.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>A stream that can seek; null where there is no such file.</returns>
    Task<Stream?> OpenAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Makes a file expire by a time at the latest.</summary>
    /// <param name="id">The file.</param>
    /// <param name="expires">The time; a file that expires earlier stays as it is.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The end of it.</returns>
    Task LimitLifetimeAsync(string id, DateTimeOffset expires, CancellationToken cancellationToken = default);

    /// <summary>Removes a file.</summary>
    /// <param name="id">The file.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Whether there was one.</returns>
    Task<bool> RemoveAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Removes every file that has expired, and contents that no file has.</summary>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <returns>Number of removed files.</returns>
    Task<int> SweepAsync(CancellationToken cancellationToken = default);

    /// <summary>Room that the contents take, in bytes.</summary>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The sum, equal contents counted once.</returns>
    Task<long> GetUsedBytesAsync(CancellationToken cancellationToken = default);
}
