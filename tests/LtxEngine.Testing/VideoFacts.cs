using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace LtxEngine.Testing;

/// <summary>What ffprobe finds in a video file; frames are counted by decoding them.</summary>
/// <param name="Codec">Codec of the pictures.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Frames">Number of frames that can be decoded.</param>
/// <param name="FrameRate">Frames per second as a fraction.</param>
/// <param name="Seconds">Duration of the file.</param>
/// <param name="AudioCodec">Codec of the sound; null where there is none.</param>
public sealed record VideoFacts(string Codec, int Width, int Height, int Frames, string FrameRate, double Seconds, string? AudioCodec)
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    public static async Task<VideoFacts> ReadAsync(string path)
    {
        string[] arguments = ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path];
        using Process process = Process.Start(new ProcessStartInfo("ffprobe", arguments) { RedirectStandardOutput = true })!;
        using JsonDocument document = JsonDocument.Parse(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        JsonElement[] streams = [.. document.RootElement.GetProperty("streams").EnumerateArray()];
        JsonElement video = streams.Single(s => Text(s, "codec_type") == "video");
        JsonElement audio = streams.SingleOrDefault(s => Text(s, "codec_type") == "audio");
        return new VideoFacts(
            Text(video, "codec_name"),
            video.GetProperty("width").GetInt32(),
            video.GetProperty("height").GetInt32(),
            int.Parse(Text(video, "nb_read_frames"), CultureInfo.InvariantCulture),
            Text(video, "r_frame_rate"),
            double.Parse(Text(document.RootElement.GetProperty("format"), "duration"), CultureInfo.InvariantCulture),
            audio.ValueKind == JsonValueKind.Undefined ? null : Text(audio, "codec_name"));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
