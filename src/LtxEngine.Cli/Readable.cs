using System.Globalization;

namespace LtxEngine.Cli;

/// <summary>Figures and names for people.</summary>
internal static class Readable
{
    private static readonly string[] Units = ["bytes", "KB", "MB", "GB", "TB"];

    /// <summary>A size in decimal units.</summary>
    /// <param name="bytes">The size.</param>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return unit == 0 ? bytes.ToString(CultureInfo.InvariantCulture) + " bytes" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }

    /// <summary>The name of a stage.</summary>
    /// <param name="stage">The stage.</param>
    public static string Stage(GenerationStage stage) => stage switch
    {
        GenerationStage.Queued => "waiting",
        GenerationStage.PromptExpansion => "prompt expansion",
        GenerationStage.TextEncoding => "text encoding",
        GenerationStage.ImageConditioning => "image conditioning",
        GenerationStage.Denoising => "denoising",
        GenerationStage.Upscaling => "upscaling",
        GenerationStage.Refining => "refining",
        GenerationStage.AudioDecoding => "audio decoding",
        GenerationStage.VideoDecoding => "video decoding",
        GenerationStage.Encoding => "encoding",
        _ => stage.ToString(),
    };

    /// <summary>A text in one line: what a model wrote must not move the cursor or colour the terminal.</summary>
    /// <param name="text">Any text.</param>
    public static string OneLine(string text) => string.Create(text.Length, text, (characters, source) =>
    {
        for (int i = 0; i < characters.Length; i++)
        {
            characters[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }
    });

    /// <summary>A duration as people say it.</summary>
    /// <param name="duration">The duration.</param>
    public static string Duration(TimeSpan duration) => duration.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalHours} h {duration.Minutes} min")
        : duration.TotalMinutes >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes} min {duration.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0} s");
}
