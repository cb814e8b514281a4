namespace LtxEngine.Tests;

/// <summary>Decoded frames and how alike they are.</summary>
internal static class Frames
{
    public static async Task<byte[][]> OfAsync(GenerationResult result)
    {
        List<byte[]> frames = [];
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
            frames.Add(frame.Pixels.ToArray());
        }

        return [.. frames];
    }

    /// <summary>Peak signal-to-noise ratio in dB.</summary>
    public static double Psnr(byte[] expected, byte[] actual)
    {
        double squares = expected.Zip(actual, (a, b) => (double)(a - b) * (a - b)).Average();
        return 10 * Math.Log10(255.0 * 255.0 / Math.Max(squares, 1e-9));
    }
}
