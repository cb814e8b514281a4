using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Pipeline;

/// <summary>Streams frames and sound into a video file. Runs on the device's thread: waiting for the encoder holds back the decoder.</summary>
/// <param name="ffmpeg">The encoder.</param>
internal sealed class ClipWriter(FfmpegTool ffmpeg)
{
    /// <summary>Writes the file; it appears under its name when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Size, frames, rate, sound, format and texts.</param>
    /// <param name="chunks">The frames; decoded while they are written. Further ones are ignored.</param>
    /// <param name="settings">The written sidecar, which gets its name before the video does: a video that has its own is never without its settings. Null for none.</param>
    /// <param name="frameWritten">Told the number of frames written.</param>
    /// <param name="cancellationToken">Stops ffmpeg and removes what was written.</param>
    /// <returns>Full path of the file.</returns>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public string Write(
        string path, VideoWriterOptions options, IEnumerable<VideoChunk> chunks, OutputFile? settings, Action<int> frameWritten, CancellationToken cancellationToken)
    {
        VideoWriter writer = Wait(VideoWriter.CreateAsync(ffmpeg, path, options, cancellationToken));
        try
        {
            byte[] pixels = new byte[checked(options.Width * options.Height * 3)];
            int written = 0;
            foreach (VideoChunk chunk in chunks)
            {
                for (int frame = 0; frame < chunk.FrameCount && written < options.FrameCount; frame++)
                {
                    chunk.CopyRgb24(frame, pixels);
                    Wait(writer.WriteFrameAsync(pixels, cancellationToken));
                    frameWritten(++written);
                }
            }

            Wait(writer.FinishAsync(cancellationToken));
            settings?.Commit();
            try
            {
                return writer.Appear();
            }
            catch
            {
                settings?.Retract();
                throw;
            }
        }
        finally
        {
            Wait(writer.DisposeAsync().AsTask());
        }
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
