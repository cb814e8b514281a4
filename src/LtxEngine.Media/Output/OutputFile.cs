namespace LtxEngine.Media.Output;

/// <summary>
/// An output that appears under its name only when it is complete: it is written to a hidden temporary name in the same folder and
/// renamed at the end; without <see cref="Commit"/>, disposing removes what was written.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly bool _overwrite;
    private bool _committed;

    /// <summary>Reserves a temporary name; nothing is created yet.</summary>
    /// <param name="path">The final path; its folder must exist.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="MediaException">The folder is missing, the path is a folder, or the file exists and must stay.</exception>
    public OutputFile(string path, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FinalPath = Path.GetFullPath(path);
        _overwrite = overwrite;
        string name = Path.GetFileName(FinalPath);
        string? folder = Path.GetDirectoryName(FinalPath);
        if (name.Length == 0 || Directory.Exists(FinalPath))
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {FinalPath}: it is a folder. Give the name of a file.");
        }

        if (!Directory.Exists(folder))
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {FinalPath}: the folder {folder} does not exist. Create it first.");
        }

        if (!overwrite && File.Exists(FinalPath))
        {
            throw Exists(FinalPath);
        }

        TemporaryPath = Path.Combine(folder, $".{Guid.NewGuid():N}.partial");
    }

    /// <summary>The path under which the complete file will appear.</summary>
    public string FinalPath { get; }

    /// <summary>The path to write to until then.</summary>
    public string TemporaryPath { get; }

    /// <summary>Renames the written file to its final name.</summary>
    /// <exception cref="MediaException">The rename failed, or the final file appeared meanwhile and must stay.</exception>
    public void Commit()
    {
        try
        {
            File.Move(TemporaryPath, FinalPath, _overwrite);
        }
        catch (IOException) when (!_overwrite && File.Exists(FinalPath))
        {
            throw Exists(FinalPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(exception);
        }

        _committed = true;
    }

    /// <summary>Removes the file that this one replaces, before it is there: for what must not be taken for a part of something newer.</summary>
    /// <exception cref="MediaException">The file cannot be removed.</exception>
    public void RemoveEarlier()
    {
        if (!_overwrite)
        {
            return;
        }

        try
        {
            File.Delete(FinalPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_committed)
        {
            Remove(TemporaryPath);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else holds or guards the file; the failure that brought us here is the one to report.
        }
    }

    private MediaException Failed(Exception exception) =>
        new(MediaErrorKind.OutputFailed, $"Cannot write {FinalPath}: {exception.Message}", innerException: exception);

    /// <summary>The error for an output that is there already.</summary>
    /// <param name="path">The output.</param>
    /// <returns>The exception.</returns>
    internal static MediaException Exists(string path) =>
        new(MediaErrorKind.OutputExists, $"Cannot write {path}: it exists already. Choose another name or ask for overwriting.");
}
