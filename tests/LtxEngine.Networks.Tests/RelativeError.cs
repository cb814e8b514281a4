namespace LtxEngine.Networks.Tests;

internal static class RelativeError
{
    /// <summary>rms(actual − expected) / rms(expected).</summary>
    public static double Of(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            magnitude += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(difference / magnitude);
    }
}
