namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>Comparison of device results with the reference.</summary>
internal static class Closeness
{
    /// <summary>Asserts |actual − expected| ≤ relative·|expected| + absolute everywhere; NaN and ±∞ must match exactly.</summary>
    public static void Check(double[] expected, float[] actual, double relative, double absolute) =>
        Check(expected, actual, i => (relative * Math.Abs(expected[i])) + absolute);

    /// <summary>Asserts |actual − expected| ≤ limit(i) everywhere; NaN and ±∞ must match exactly.</summary>
    public static void Check(double[] expected, float[] actual, Func<int, double> limit)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool isEqual = double.IsFinite(expected[i]) && Math.Abs(expected[i]) <= float.MaxValue
                ? Math.Abs(actual[i] - expected[i]) <= limit(i)
                : actual[i].Equals((float)expected[i]);
            if (!isEqual)
            {
                Assert.Fail($"Element {i} of {expected.Length} is {actual[i]:G9}, expected {expected[i]:G9} within {limit(i):G3}.");
            }
        }
    }
}
