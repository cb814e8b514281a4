using System.Globalization;
using System.Text;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Writes one clip in every format, quality and write mode, and prints size, processor time and PSNR as the table of <c>docs/output-formats.md</c>.
/// The clip: two seconds (49 frames, 768 × 512, 24 frames per second) of a zoom into ffmpeg's Mandelbrot picture, and a tone.
/// </summary>
internal static class OutputFormatTable
{
    private const int Width = 768;
    private const int Height = 512;
    private const int Frames = 49;
    private const int FrameLength = Width * Height * 3;

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync()
    {
        FfmpegTool ffmpeg = new();
        byte[] clip = await CreateClipAsync(ffmpeg);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-formats-");
        try
        {
            Console.WriteLine("| format | quality | fast | balanced | small |");
            Console.WriteLine("| --- | --- | --- | --- | --- |");
            foreach (VideoOutputType type in Enum.GetValues<VideoOutputType>())
            {
                foreach (VideoQuality quality in Enum.GetValues<VideoQuality>())
                {
                    StringBuilder row = new($"| {VideoEncodings.Get(type, quality, VideoWriteMode.Fast).Name} | {quality.ToString().ToLowerInvariant()} |");
                    foreach (VideoWriteMode mode in Enum.GetValues<VideoWriteMode>())
                    {
                        row.Append(CultureInfo.InvariantCulture, $" {await MeasureAsync(ffmpeg, folder.FullName, clip, VideoEncodings.Get(type, quality, mode))} |");
                    }

                    Console.WriteLine(row);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(FfmpegTool ffmpeg, string folder, byte[] clip, VideoEncoding encoding)
    {
        VideoWriterOptions options = new()
        {
            Width = Width,
            Height = Height,
            FrameCount = Frames,
            FrameRate = new FrameRate(24),
            Encoding = encoding,
            Audio = new AudioBuffer([.. Enumerable.Range(0, 2 * 49_000).Select(i => 0.2f * MathF.Sin(i * 0.0575f))], 2, 24_000),
            Overwrite = true,
        };
        string path = Path.Combine(folder, "clip" + encoding.Extension);
        double start = ProcessorSeconds();
        await using (VideoWriter writer = await VideoWriter.CreateAsync(ffmpeg, path, options, CancellationToken.None))
        {
            for (int i = 0; i < Frames; i++)
            {
                await writer.WriteFrameAsync(clip.AsMemory(i * FrameLength, FrameLength), CancellationToken.None);
            }

            await writer.CompleteAsync(CancellationToken.None);
        }

        double seconds = ProcessorSeconds() - start;
        double psnr = await PsnrAsync(ffmpeg, path, clip);
        return string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length / 1e6:F2} MB, {seconds:F1} s, {psnr:F1} dB");
    }

    // Of ended child processes, user and system, all cores: unlike the time on the wall it does not depend on what else runs. Linux counts
    // it in hundredths of a second, in fields 16 and 17; the second field may hold spaces, so counting starts behind its bracket.
    private static double ProcessorSeconds()
    {
        string statistics = File.ReadAllText("/proc/self/stat");
        string[] fields = statistics[(statistics.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / 100.0;
    }

    private static async Task<double> PsnrAsync(FfmpegTool ffmpeg, string path, byte[] clip)
    {
        byte[] decoded = (await ffmpeg.RunAsync(
            ["-i", path, "-map", "0:v:0", "-vf", "scale=in_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
            ReadOnlyMemory<byte>.Empty, clip.Length, "decoding", MediaErrorKind.ToolFailed, CancellationToken.None)).ToArray();
        double squares = 0;
        for (int i = 0; i < decoded.Length; i++)
        {
            double difference = decoded[i] - clip[i];
            squares += difference * difference;
        }

        return 10 * Math.Log10(255.0 * 255.0 * decoded.Length / squares);
    }

    private static async Task<byte[]> CreateClipAsync(FfmpegTool ffmpeg)
    {
        string source = string.Create(CultureInfo.InvariantCulture, $"mandelbrot=size={Width}x{Height}:rate=24:start_scale=0.3:end_scale=0.02:end_pts=60,format=yuv444p,gblur=sigma=1.2,format=rgb24");
        ReadOnlyMemory<byte> clip = await ffmpeg.RunAsync(
            ["-f", "lavfi", "-i", source, "-frames:v", Frames.ToString(CultureInfo.InvariantCulture), "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
            ReadOnlyMemory<byte>.Empty, (long)FrameLength * Frames, "making the clip", MediaErrorKind.ToolFailed, CancellationToken.None);
        return clip.ToArray();
    }
}
