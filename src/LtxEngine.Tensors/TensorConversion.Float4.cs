namespace LtxEngine.Tensors;

internal static partial class TensorConversion
{
    // Bit 3 is the sign; the others index the magnitudes.
    private static ReadOnlySpan<float> Float4E2M1Values => [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>The largest e2m1 value.</summary>
    public const float Float4E2M1Maximum = 6;

    /// <summary>Widens one e2m1 code (4 bits, the highest is the sign).</summary>
    public static float Float4E2M1ToFloat32(int code) => Float4E2M1Values[code & 0xF];

    /// <summary>Widens packed e2m1 codes: two per byte, the even element in the high nibble.</summary>
    /// <param name="source">The packed codes.</param>
    /// <param name="destination">Receives twice as many values as there are bytes.</param>
    public static void Float4E2M1ToFloat32(ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckCounts(checked(source.Length * 2), destination.Length);
        ReadOnlySpan<float> values = Float4E2M1Values;
        for (int i = 0; i < source.Length; i++)
        {
            destination[2 * i] = values[source[i] >> 4];
            destination[(2 * i) + 1] = values[source[i] & 0xF];
        }
    }

    /// <summary>Rounds one value to e2m1, to nearest even code, saturating at ±6; NaN gives the code of 6.</summary>
    public static byte Float32ToFloat4E2M1(float value)
    {
        // Each limit lies halfway between two codes; a tie goes to the even one, so every other limit belongs to the code below it.
        float magnitude = Math.Abs(value);
        int code = magnitude switch
        {
            <= 0.25f => 0,
            < 0.75f => 1,
            <= 1.25f => 2,
            < 1.75f => 3,
            <= 2.5f => 4,
            < 3.5f => 5,
            <= 5f => 6,
            _ => 7,
        };
        return (byte)(code | (float.IsNegative(value) ? 8 : 0));
    }
}
