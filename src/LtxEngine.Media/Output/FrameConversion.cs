namespace LtxEngine.Media.Output;

/// <summary>Turns the decoder's floats into 8-bit pixels.</summary>
internal static class FrameConversion
{
    /// <summary>
    /// Converts one frame: trunc(255 · clamp((x + 1) / 2, 0, 1)) in fp32, truncated as the original does; what is not a number
    /// becomes 0.
    /// </summary>
    /// <param name="red">Red plane, nominally in [−1, 1], row-major.</param>
    /// <param name="green">Green plane of the same length.</param>
    /// <param name="blue">Blue plane of the same length.</param>
    /// <param name="rgb">Receives three bytes per pixel.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void ToRgb24(ReadOnlySpan<float> red, ReadOnlySpan<float> green, ReadOnlySpan<float> blue, Span<byte> rgb)
    {
        if (green.Length != red.Length || blue.Length != red.Length || rgb.Length != 3L * red.Length)
        {
            throw new ArgumentException(
                $"Planes of {red.Length}, {green.Length} and {blue.Length} values do not give {rgb.Length} bytes of RGB.", nameof(rgb));
        }

        for (int i = 0; i < red.Length; i++)
        {
            rgb[3 * i] = ToByte(red[i]);
            rgb[(3 * i) + 1] = ToByte(green[i]);
            rgb[(3 * i) + 2] = ToByte(blue[i]);
        }
    }

    private static byte ToByte(float value)
    {
        float level = (value + 1f) / 2f;
        return level >= 1f ? (byte)255 : level > 0f ? (byte)(255f * level) : (byte)0;
    }
}
