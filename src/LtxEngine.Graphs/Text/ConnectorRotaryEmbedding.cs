namespace LtxEngine.Graphs.Text;

/// <summary>
/// The rotary tables of a text connector ("split" layout, one position axis):
/// <c>g_k = θ^(k/(n−1)) · π/2</c> for k = 0 … n − 1 with n = heads · headDimension / 2, <c>angle(p, k) = g_k · (2p/maximum − 1)</c>.
/// Head h uses k = h·headDimension/2 …: every head has its own frequencies.
/// </summary>
/// <remarks>
/// The frequencies are computed in fp64 and rounded to fp32; the angle is an fp32 product. Angles reach 15,708 rad, so forming them
/// in fp64 gives visibly other tables than the original's.
/// </remarks>
internal static class ConnectorRotaryEmbedding
{
    /// <summary>Computes cosines and sines, each <c>[heads, count, headDimension/2]</c>.</summary>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headDimension">Width of a head; even.</param>
    /// <param name="theta">θ: 10,000.</param>
    /// <param name="maximumPosition">The base length of the position scale: 4096.</param>
    /// <param name="count">The number of positions, from 0.</param>
    /// <param name="usesFloat64">Whether the frequencies are computed in fp64, as 19B checkpoints ask for, or in fp32.</param>
    internal static (float[] Cosine, float[] Sine) Create(int heads, int headDimension, double theta, double maximumPosition, int count, bool usesFloat64 = true)
    {
        int half = headDimension / 2;
        int frequencyCount = heads * half;
        float[] cosine = new float[checked(frequencyCount * count)];
        float[] sine = new float[cosine.Length];
        for (int k = 0; k < frequencyCount; k++)
        {
            double exponent = frequencyCount > 1 ? (double)k / (frequencyCount - 1) : 0;
            float frequency = usesFloat64
                ? (float)(Math.Pow(theta, exponent) * (Math.PI / 2))
                : MathF.Pow((float)theta, (float)exponent) * MathF.PI / 2;
            int head = k / half;
            int column = k % half;
            for (int position = 0; position < count; position++)
            {
                float fraction = ((float)position / (float)maximumPosition * 2) - 1;
                float angle = frequency * fraction;
                int index = (((head * count) + position) * half) + column;
                cosine[index] = (float)Math.Cos(angle);
                sine[index] = (float)Math.Sin(angle);
            }
        }

        return (cosine, sine);
    }
}
