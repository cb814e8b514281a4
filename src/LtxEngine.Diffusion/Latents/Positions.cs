namespace LtxEngine.Diffusion.Latents;

/// <summary>Start and end of tokens in time and space, <c>[axes, tokens, 2]</c>, from which the rotary embedding is computed.</summary>
internal static class Positions
{
    /// <summary>Axes of a video position: seconds, pixel row, pixel column.</summary>
    public const int VideoAxes = 3;

    /// <summary>Axes of an audio position: seconds.</summary>
    public const int AudioAxes = 1;

    /// <summary>
    /// Positions of a video grid. Latent frame f covers the pixel frames <c>[max(0, 8f−7), 8f+1)</c> divided by the frame rate:
    /// the first latent frame is one pixel frame, because the VAE is causal. Cell (y, x) covers <c>[32y, 32(y+1)) × [32x, 32(x+1))</c> pixels.
    /// </summary>
    /// <param name="shape">The grid.</param>
    /// <param name="framesPerSecond">Frame rate, above 0.</param>
    /// <param name="precision">Precision of the result.</param>
    /// <param name="positions">Receives <c>[3, tokenStride, 2]</c>.</param>
    /// <param name="tokenStride">Tokens of the whole buffer; at least the grid's.</param>
    public static void WriteVideo(
        VideoLatentShape shape, double framesPerSecond, TimePrecision precision, Span<float> positions, int tokenStride)
    {
        Require.Positive(framesPerSecond, nameof(framesPerSecond));
        int scale = shape.Scale.Frames;
        for (int frame = 0; frame < shape.Frames; frame++)
        {
            long start = Math.Max(0, ((long)scale * frame) - (scale - 1));
            long end = ((long)scale * frame) + 1;
            WriteVideoFrame(shape, frame * shape.TokensPerFrame, start, end, framesPerSecond, precision, positions, tokenStride);
        }
    }

    /// <summary>Positions of one latent frame whose pixel frames are given.</summary>
    /// <param name="shape">The grid, of which rows and columns are used.</param>
    /// <param name="firstToken">First token to write.</param>
    /// <param name="startFrame">First pixel frame.</param>
    /// <param name="endFrame">Pixel frame behind the last.</param>
    /// <param name="framesPerSecond">Frame rate, above 0.</param>
    /// <param name="precision">Precision of the result.</param>
    /// <param name="positions">The buffer <c>[3, tokenStride, 2]</c>.</param>
    /// <param name="tokenStride">Tokens of the whole buffer.</param>
    public static void WriteVideoFrame(
        VideoLatentShape shape,
        int firstToken,
        double startFrame,
        double endFrame,
        double framesPerSecond,
        TimePrecision precision,
        Span<float> positions,
        int tokenStride)
    {
        Require.Length(positions.Length, Require.ElementCount(nameof(tokenStride), VideoAxes, tokenStride, 2), nameof(positions));
        Require.InRange(firstToken, 0, tokenStride - shape.TokensPerFrame, nameof(firstToken));

        // Frames and rate are divided in fp32, as the original does.
        float start = Round((float)startFrame / (float)framesPerSecond, precision);
        float end = Round((float)endFrame / (float)framesPerSecond, precision);
        int cell = shape.Scale.Pixels;
        for (int row = 0; row < shape.Height; row++)
        {
            for (int column = 0; column < shape.Width; column++)
            {
                int token = firstToken + (row * shape.Width) + column;
                Set(positions, tokenStride, 0, token, start, end);
                Set(positions, tokenStride, 1, token, Round((float)row * cell, precision), Round((row + 1f) * cell, precision));
                Set(positions, tokenStride, 2, token, Round((float)column * cell, precision), Round((column + 1f) * cell, precision));
            }
        }
    }

    /// <summary>Positions of audio latents: latent i covers the mel frames <c>[max(0, 4i−3), 4i+1)</c>, as seconds.</summary>
    /// <param name="frames">Number of latents.</param>
    /// <param name="timing">The time grid.</param>
    /// <param name="positions">Receives <c>[1, frames, 2]</c>.</param>
    public static void WriteAudio(int frames, AudioTiming timing, Span<float> positions)
    {
        Require.Length(positions.Length, Require.ElementCount(nameof(frames), frames, 2), nameof(positions));
        for (int frame = 0; frame < frames; frame++)
        {
            positions[frame * 2] = Seconds(timing.MelStart(frame), timing);
            positions[(frame * 2) + 1] = Seconds(timing.MelStart(frame + 1L), timing);
        }
    }

    /// <summary>Rounds to the nearest bfloat16, halves to even.</summary>
    /// <param name="value">A finite value.</param>
    internal static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        bits = unchecked(bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
        return BitConverter.UInt32BitsToSingle(bits);
    }

    private static float Round(float value, TimePrecision precision) =>
        precision == TimePrecision.BFloat16 ? RoundToBFloat16(value) : value;

    private static float Seconds(long melFrame, AudioTiming timing) => (float)melFrame * timing.HopLength / timing.SampleRate;

    private static void Set(Span<float> positions, int tokenStride, int axis, int token, float start, float end)
    {
        int index = ((axis * tokenStride) + token) * 2;
        positions[index] = start;
        positions[index + 1] = end;
    }
}
