namespace LtxEngine.Server.Http;

/// <summary>The folders below the data folder.</summary>
internal sealed class ServerFolders : IDisposable
{
    private readonly FileStream _lock;

    /// <summary>Creates the folders and takes the data folder for this process.</summary>
    /// <param name="options">Names the data folder.</param>
    /// <exception cref="InvalidDataException">The folder cannot be used, or another server uses it.</exception>
    public ServerFolders(LtxServerOptions options)
    {
        try
        {
            Data = Directory.CreateDirectory(options.DataDirectory).FullName;
            _lock = new FileStream(Path.Combine(Data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            Bodies = Path.Combine(Data, "bodies");
            if (Directory.Exists(Bodies))
            {
                Directory.Delete(Bodies, recursive: true);
            }

            Directory.CreateDirectory(Bodies);
            Uploads = Directory.CreateDirectory(Path.Combine(Data, "uploads")).FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _lock?.Dispose();
            throw new InvalidDataException($"The data folder {options.DataDirectory} cannot be used; perhaps another server uses it: {exception.Message}", exception);
        }
    }

    /// <summary>Everything.</summary>
    public string Data { get; }

    /// <summary>Bodies that are not complete.</summary>
    public string Bodies { get; }

    /// <summary>Uploads in parts that are not complete.</summary>
    public string Uploads { get; }

    /// <summary>The job store's file.</summary>
    public string JobsFile => Path.Combine(Data, "jobs.db");

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
