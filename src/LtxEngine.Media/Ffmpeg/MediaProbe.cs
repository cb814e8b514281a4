using System.Text.Json;

namespace LtxEngine.Media.Ffmpeg;

/// <summary>Asks ffprobe what a media file holds. The engine needs it only to check results.</summary>
internal static class MediaProbe
{
    /// <summary>Reads container and stream properties, with the frames and packets counted.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Where ffprobe is; null to look on PATH.</param>
    /// <param name="cancellationToken">Kills ffprobe.</param>
    /// <returns>ffprobe's JSON: <c>streams</c> and <c>format</c>.</returns>
    /// <exception cref="MediaException">ffprobe was not found or failed.</exception>
    public static async Task<JsonElement> ReadAsync(string path, FfmpegOptions? options, CancellationToken cancellationToken)
    {
        options ??= new FfmpegOptions();
        FfmpegProcess process = FfmpegProcess.Start(
            FfmpegLocator.FindFfprobe(options),
            ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", "-i", "file:" + Path.GetFullPath(path)],
            options.InactivityTimeout);
        await using (process.ConfigureAwait(false))
        {
            process.CloseInput();
            using MemoryStream json = new();
            byte[] buffer = new byte[1 << 14];
            int read;
            while ((read = await process.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                json.Write(buffer, 0, read);
            }

            await process.FinishAsync($"examining {path}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(json.GetBuffer().AsMemory(0, (int)json.Length));
            return document.RootElement.Clone();
        }
    }
}
