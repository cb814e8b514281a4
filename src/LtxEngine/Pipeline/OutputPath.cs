namespace LtxEngine.Pipeline;

/// <summary>Checks where a video is to be written, before hours are spent on it.</summary>
internal static class OutputPath
{
    /// <summary>Says what is wrong with a path that cannot become an MP4 file.</summary>
    /// <param name="path">The path.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <returns>The error; null where the path can be used.</returns>
    public static RequestError? FindError(string path, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(path);
        string? allowed = null;
        if (!string.Equals(Path.GetExtension(path), ".mp4", StringComparison.OrdinalIgnoreCase))
        {
            allowed = "a file name that ends in .mp4";
        }
        else if (Directory.Exists(path))
        {
            allowed = "the name of a file; this is a folder";
        }
        else if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            allowed = $"a file in a folder that exists; create {folder} first";
        }
        else if (!overwrite && File.Exists(path))
        {
            allowed = "a new file; this one exists already and overwriting was not asked for";
        }

        return allowed is null ? null : new RequestError("out", $"\"{path}\"", allowed);
    }
}
