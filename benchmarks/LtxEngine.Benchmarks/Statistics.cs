namespace LtxEngine.Benchmarks;

/// <summary>What the tables compute from measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of an even number the upper of the two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>‖expected − actual‖ / ‖expected‖.</summary>
    public static double RelativeError(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double error = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow((double)expected[i] - actual[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / size);
    }

    /// <summary>Processor time that this process takes for some work.</summary>
    /// <param name="run">The work.</param>
    /// <param name="repetitions">How often it runs: the system counts in microseconds.</param>
    /// <returns>Seconds for all repetitions together.</returns>
    public static double ProcessorSeconds(Action run, int repetitions = 1)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < repetitions; i++)
        {
            run();
        }

        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }
}
