namespace LtxEngine.Media.Ffmpeg;

/// <summary>Finds a program by an explicit path or on PATH.</summary>
internal static class FfmpegLocator
{
    /// <summary>Finds ffmpeg.</summary>
    /// <param name="options">May name the program.</param>
    /// <returns>The full path.</returns>
    /// <exception cref="MediaException">The program was not found; the message lists where it was looked for.</exception>
    public static string FindFfmpeg(FfmpegOptions options) => Find("ffmpeg", options.FfmpegPath, neighbour: null, nameof(FfmpegOptions.FfmpegPath));

    /// <summary>Finds ffprobe: by option, beside ffmpeg, or on PATH.</summary>
    /// <param name="options">May name the programs.</param>
    /// <returns>The full path.</returns>
    /// <exception cref="MediaException">The program was not found; the message lists where it was looked for.</exception>
    public static string FindFfprobe(FfmpegOptions options)
    {
        string? neighbour = options.FfmpegPath is { } path && ContainsFolder(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : null;
        return Find("ffprobe", options.FfprobePath, neighbour, nameof(FfmpegOptions.FfprobePath));
    }

    private static string Find(string name, string? explicitPath, string? neighbour, string optionName)
    {
        string wanted = explicitPath ?? name;
        List<string> tried = [];
        if (explicitPath is not null && ContainsFolder(explicitPath))
        {
            string full = Path.GetFullPath(explicitPath);
            return File.Exists(full) ? full : throw NotFound(name, optionName, [full]);
        }

        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (neighbour is not null)
        {
            folders = folders.Prepend(neighbour);
        }

        string[] endings = OperatingSystem.IsWindows() ? [".exe", string.Empty] : [string.Empty];
        foreach (string folder in folders)
        {
            foreach (string ending in endings)
            {
                string candidate = Path.Combine(folder, wanted + ending);
                if (File.Exists(candidate))
                {
                    return candidate;
                }
            }

            tried.Add(folder);
        }

        throw NotFound(name, optionName, tried);
    }

    private static bool ContainsFolder(string path) =>
        path.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || path.Contains(Path.AltDirectorySeparatorChar, StringComparison.Ordinal);

    private static MediaException NotFound(string name, string optionName, List<string> tried) => new(
        MediaErrorKind.ToolNotFound,
        $"{name} was not found (looked in: {string.Join(", ", tried)}). Install it (Debian: apt-get install ffmpeg) or name it in {nameof(FfmpegOptions)}.{optionName}.");
}
