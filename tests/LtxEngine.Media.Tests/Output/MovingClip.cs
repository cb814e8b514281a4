using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

/// <summary>A small clip whose picture moves, written and read back.</summary>
internal static class MovingClip
{
    /// <summary>A frame: the smooth test picture, moved by two pixels per frame.</summary>
    public static byte[] Frame(int width, int height, int index)
    {
        ReadOnlySpan<byte> picture = TestPictures.Smooth(width, height).Pixels.Span;
        byte[] frame = new byte[picture.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                picture.Slice(3 * ((y * width) + ((x + (2 * index)) % width)), 3).CopyTo(frame.AsSpan(3 * ((y * width) + x)));
            }
        }

        return frame;
    }

    public static VideoWriterOptions Options(
        int width, int height, int frames, FrameRate rate, VideoEncoding encoding, AudioBuffer? audio, Dictionary<string, string>? metadata = null) => new()
        {
            Width = width,
            Height = height,
            FrameCount = frames,
            FrameRate = rate,
            Encoding = encoding,
            Audio = audio,
            Metadata = metadata ?? [],
            Overwrite = true,
        };

    public static async Task<string> WriteAsync(
        string path,
        int width,
        int height,
        int frames,
        FrameRate rate,
        VideoEncoding encoding,
        bool withSound,
        Dictionary<string, string>? metadata = null,
        FfmpegTool? ffmpeg = null)
    {
        float[] tone = [.. Enumerable.Range(0, 2 * 12_000).Select(i => 0.3f * MathF.Sin(i * 0.115f))];
        AudioBuffer? audio = withSound ? new AudioBuffer(tone, 2, 24000) : null;
        await using VideoWriter writer = await VideoWriter.CreateAsync(
            ffmpeg ?? TestPictures.Ffmpeg, path, Options(width, height, frames, rate, encoding, audio, metadata), CancellationToken.None);
        for (int i = 0; i < frames; i++)
        {
            await writer.WriteFrameAsync(Frame(width, height, i), CancellationToken.None);
        }

        return await writer.CompleteAsync(CancellationToken.None);
    }

    public static async Task<int> CountFramesAsync(string path, int width, int height) => (await DecodeAsync(path)).Length / (width * height * 3);

    /// <summary>Peak signal-to-noise ratio of all samples in decibels.</summary>
    public static async Task<double> PsnrAsync(string path, int width, int height, int frames)
    {
        byte[] decoded = (await DecodeAsync(path)).ToArray();
        byte[] expected = [.. Enumerable.Range(0, frames).SelectMany(i => Frame(width, height, i))];
        Assert.Equal(expected.Length, decoded.Length);
        double squares = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            squares += Math.Pow(expected[i] - decoded[i], 2);
        }

        return 10 * Math.Log10(255.0 * 255.0 * expected.Length / squares);
    }

    private static Task<ReadOnlyMemory<byte>> DecodeAsync(string path) => TestPictures.Ffmpeg.RunAsync(
        ["-i", "file:" + path, "-vsync", "passthrough", "-vf", "scale=in_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
        ReadOnlyMemory<byte>.Empty, 1 << 26, "decoding", MediaErrorKind.ToolFailed, CancellationToken.None);
}
