namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>Repeatable test data.</summary>
internal static class TestRandom
{
    /// <summary>Values spread evenly over (−magnitude, magnitude).</summary>
    public static float[] Values(int seed, long count, float magnitude = 1f)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = ((random.NextSingle() * 2) - 1) * magnitude;
        }

        return values;
    }
}
