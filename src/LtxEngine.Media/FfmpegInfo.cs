using LtxEngine.Media.Ffmpeg;

namespace LtxEngine;

/// <summary>Which ffmpeg was found and what it can encode.</summary>
/// <param name="FfmpegPath">Full path of ffmpeg.</param>
/// <param name="FfprobePath">Full path of ffprobe; null where it was not found (the engine itself does not need it).</param>
/// <param name="Version">The version as ffmpeg prints it: <c>5.1.9-0+deb12u1</c>.</param>
/// <param name="Encoders">Names of all encoders it was built with.</param>
public sealed record FfmpegInfo(string FfmpegPath, string? FfprobePath, string Version, IReadOnlySet<string> Encoders)
{
    private static readonly string[] NeededEncoders = ["libx264", "aac", "libvpx-vp9", "libopus", "prores_ks", "pcm_s16le", "gif", "ffv1", "png", "pam"];

    /// <summary>The encoders that the engine uses and this ffmpeg lacks; empty when all is well.</summary>
    public IReadOnlyList<string> MissingEncoders => [.. NeededEncoders.Where(name => !Encoders.Contains(name))];

    /// <summary>Finds ffmpeg and asks it what it is.</summary>
    /// <param name="options">Where it is; null to look on PATH.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="MediaException">ffmpeg was not found or does not answer.</exception>
    public static async Task<FfmpegInfo> DetectAsync(FfmpegOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new FfmpegOptions();
        FfmpegTool tool = new(options);
        string version = await tool.AskAsync("-version", cancellationToken).ConfigureAwait(false);
        IReadOnlySet<string> encoders = await tool.GetEncodersAsync(cancellationToken).ConfigureAwait(false);
        string? ffprobe = null;
        try
        {
            ffprobe = FfmpegLocator.FindFfprobe(options);
        }
        catch (MediaException exception) when (exception.Kind == MediaErrorKind.ToolNotFound)
        {
            // ffprobe only helps users to look at results; its absence is a fact to report, not an error.
        }

        return new FfmpegInfo(tool.ExecutablePath, ffprobe, ParseVersion(version), encoders);
    }

    /// <summary>Takes the version from the first line of <c>ffmpeg -version</c>.</summary>
    /// <param name="text">What ffmpeg printed.</param>
    /// <returns>The word after "version", or "unknown".</returns>
    internal static string ParseVersion(string text)
    {
        string[] words = text.Split('\n', 2)[0].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int at = Array.IndexOf(words, "version");
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : "unknown";
    }

    /// <summary>Takes the names from the table of <c>ffmpeg -encoders</c>.</summary>
    /// <param name="text">What ffmpeg printed.</param>
    /// <returns>The names.</returns>
    internal static IReadOnlySet<string> ParseEncoders(string text)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        bool inTable = false;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length > 0 && words[0].StartsWith("---", StringComparison.Ordinal))
            {
                inTable = true;
            }
            else if (inTable && words.Length > 1)
            {
                names.Add(words[1]);
            }
        }

        return names;
    }
}
