namespace LtxEngine.Pipeline;

/// <summary>
/// A video file on its way to a stream: containers are finished by going back to their beginning, which a stream need not allow, so the file is
/// made in the system's temporary folder first. Gone when disposed.
/// </summary>
internal sealed class TemporaryVideo : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-").FullName;

    /// <summary>Reserves the name; nothing is written yet.</summary>
    /// <param name="extension">The ending, with the dot.</param>
    public TemporaryVideo(string extension) => Path = System.IO.Path.Combine(_folder, "clip" + extension);

    /// <summary>The file to write.</summary>
    public string Path { get; }

    /// <summary>Copies the file.</summary>
    /// <param name="stream">Receives all bytes; stays open.</param>
    /// <param name="cancellationToken">Stops copying.</param>
    public async Task CopyToAsync(Stream stream, CancellationToken cancellationToken)
    {
        FileStream file = new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            await file.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The system clears its temporary folder; the result is what counts here.
        }
    }
}
