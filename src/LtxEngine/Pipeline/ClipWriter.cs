using System.Text.Json;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Streams frames and sound into a video file. Runs on the device's thread: waiting for the encoder holds back the decoder.</summary>
/// <param name="ffmpeg">The encoder.</param>
internal sealed class ClipWriter(FfmpegTool ffmpeg)
{
    /// <summary>Writes the file; it appears under its name when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plan">Size, frames, rate, and the settings stored in the file.</param>
    /// <param name="chunks">The frames; decoded while they are written.</param>
    /// <param name="audio">The sound; null for none.</param>
    /// <param name="options">Overwriting and further texts.</param>
    /// <param name="frameWritten">Told the number of frames written.</param>
    /// <param name="cancellationToken">Stops ffmpeg and removes what was written.</param>
    /// <returns>Full path of the file.</returns>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public string Write(
        string path,
        GenerationPlan plan,
        IEnumerable<VideoChunk> chunks,
        AudioBuffer? audio,
        SaveOptions options,
        Action<int> frameWritten,
        CancellationToken cancellationToken)
    {
        VideoWriterOptions writerOptions = new()
        {
            Width = plan.Width,
            Height = plan.Height,
            FrameRate = plan.FrameRate,
            FrameCount = plan.NumFrames,
            Audio = audio,
            Overwrite = options.Overwrite,
            Metadata = Metadata(plan, options),
        };
        VideoWriter writer = Wait(VideoWriter.CreateAsync(ffmpeg, path, writerOptions, cancellationToken));
        try
        {
            byte[] pixels = new byte[checked(plan.Width * plan.Height * 3)];
            int written = 0;
            foreach (VideoChunk chunk in chunks)
            {
                for (int frame = 0; frame < chunk.FrameCount && written < plan.NumFrames; frame++)
                {
                    chunk.CopyRgb24(frame, pixels);
                    Wait(writer.WriteFrameAsync(pixels, cancellationToken));
                    frameWritten(++written);
                }
            }

            return Wait(writer.CompleteAsync(cancellationToken));
        }
        finally
        {
            Wait(writer.DisposeAsync().AsTask());
        }
    }

    private static Dictionary<string, string> Metadata(GenerationPlan plan, SaveOptions options)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["comment"] = JsonSerializer.Serialize(new
            {
                prompt = plan.Prompt,
                negative_prompt = plan.NegativePrompt,
                seed = plan.Seed,
                num_inference_steps = plan.Stage.Steps,
            }),
        };
        foreach ((string key, string value) in options.Metadata)
        {
            metadata[key] = value;
        }

        return metadata;
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
