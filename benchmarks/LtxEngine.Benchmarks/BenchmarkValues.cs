namespace LtxEngine.Benchmarks;

/// <summary>Values to compute with.</summary>
internal static class BenchmarkValues
{
    /// <summary>Values in (−1, 1), the same for the same seed.</summary>
    public static float[] Uniform(long count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        return values;
    }
}
