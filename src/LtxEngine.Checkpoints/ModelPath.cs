namespace LtxEngine.Checkpoints;

/// <summary>
/// Turns the name of a model file into the file that is opened. A link is followed once, here, and its final target must be a regular file under
/// the model folder or under the <c>blobs</c> folder of the download cache that the model folder belongs to.
/// </summary>
internal static class ModelPath
{
    private const int MaximumLinks = 40;

    /// <summary>Resolves a file of a model folder.</summary>
    /// <param name="path">The full path of the file.</param>
    /// <param name="folder">The model folder.</param>
    /// <returns>The full path without any link.</returns>
    /// <exception cref="ModelFormatException">The file does not exist, is no regular file, or leads outside.</exception>
    public static string ResolveFile(string path, string folder)
    {
        string realPath = Resolve(path, folder);
        if (Directory.Exists(realPath))
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.NotFound, "This is a folder; a file is needed.");
        }

        FileInfo file = new(realPath);
        if (!file.Exists)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.NotFound, "The file does not exist.");
        }

        // Pipes and devices have no length and could block or never end.
        if (file.Length == 0 || file.Attributes.HasFlag(FileAttributes.Device))
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.Truncated, "The file is empty or is no regular file.");
        }

        return realPath;
    }

    /// <summary>Resolves a folder below a model folder.</summary>
    /// <inheritdoc cref="ResolveFile"/>
    public static string ResolveFolder(string path, string folder)
    {
        string realPath = Resolve(path, folder);
        return Directory.Exists(realPath)
            ? realPath
            : throw new ModelFormatException(path, ModelFormatErrorKind.NotFound, "The folder does not exist.");
    }

    /// <summary>Joins a name that a model's own file states to its folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">A relative name without <c>..</c>.</param>
    /// <param name="statedBy">The file that states the name, for messages.</param>
    /// <param name="field">The field that states the name, for messages.</param>
    /// <exception cref="ModelFormatException">The name is absolute or leads outside the folder.</exception>
    public static string Combine(string folder, string name, string statedBy, string field)
    {
        bool isOutside = name.Length == 0
            || name.Contains('\0', StringComparison.Ordinal)
            || name.Contains('\\', StringComparison.Ordinal)
            || name.Contains(':', StringComparison.Ordinal)
            || Path.IsPathRooted(name)
            || name.Split('/').Any(part => part is ".." or "");
        if (isOutside)
        {
            throw new ModelFormatException(
                statedBy,
                ModelFormatErrorKind.OutsideFolder,
                $"{field} is '{Safetensors.BoundedJson.Shorten(name)}'; it must be a relative path with '/' inside the model folder, without '..'.");
        }

        return Path.Combine(folder, name);
    }

    /// <summary>The path with every link in it replaced by its target.</summary>
    /// <exception cref="IOException">The links form a loop.</exception>
    public static string GetRealPath(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string current = root;
        Stack<string> parts = new(Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        int links = 0;
        while (parts.TryPop(out string? part))
        {
            if (part is ".")
            {
                continue;
            }

            if (part is "..")
            {
                current = Path.GetDirectoryName(current) ?? root;
                continue;
            }

            string next = Path.Combine(current, part);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                current = next;
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw new IOException($"'{path}' follows more than {MaximumLinks} links.");
            }

            if (Path.IsPathRooted(target))
            {
                current = Path.GetPathRoot(target)!;
                target = Path.GetRelativePath(current, target);
            }

            foreach (string targetPart in target.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                parts.Push(targetPart);
            }
        }

        return current;
    }

    private static string Resolve(string path, string folder)
    {
        try
        {
            string realPath = GetRealPath(Path.GetFullPath(path));
            string realFolder = GetRealPath(Path.GetFullPath(folder));
            if (IsUnder(realPath, realFolder) || (FindBlobs(realFolder) is { } blobs && IsUnder(realPath, blobs)))
            {
                return realPath;
            }

            throw new ModelFormatException(
                path,
                ModelFormatErrorKind.OutsideFolder,
                $"The link leads to '{realPath}', outside the model folder '{realFolder}' and its download cache; copy the file into the folder.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.NotFound, $"The path cannot be resolved: {exception.Message}", exception);
        }
    }

    // Download caches keep snapshots/<revision>/<file> as links to blobs/<hash> beside it.
    private static string? FindBlobs(string folder)
    {
        for (DirectoryInfo? current = new(folder); current?.Parent is not null; current = current.Parent)
        {
            if (string.Equals(current.Parent.Name, "snapshots", StringComparison.Ordinal) && current.Parent.Parent is { } repository)
            {
                return GetRealPath(Path.Combine(repository.FullName, "blobs"));
            }
        }

        return null;
    }

    private static bool IsUnder(string path, string folder)
    {
        string prefix = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return path.StartsWith(prefix, StringComparison.Ordinal) || string.Equals(path, folder, StringComparison.Ordinal);
    }
}
