namespace LtxEngine.Benchmarks;

/// <summary>One path, or one peak, of a <see cref="Contest"/>.</summary>
/// <param name="Name">A name for people.</param>
/// <param name="Peak">What it can at best reach.</param>
/// <param name="Run">Does the work once.</param>
/// <param name="Operations">Operations of one run; bytes for memory.</param>
/// <param name="Read">Reads the result, or null where nobody compares it.</param>
internal sealed record ContestEntry(string Name, ProductPeak Peak, Action Run, double Operations, Func<float[]>? Read)
{
    /// <summary>Bytes of weights that one run reads, 0 where they are not known.</summary>
    public long WeightBytes { get; init; }

    /// <summary>10⁹ operations per second of processor time, round by round.</summary>
    public List<double> Rates { get; } = [];

    /// <summary>10⁹ bytes of weights per second of processor time, round by round.</summary>
    public IEnumerable<double> WeightRates => Rates.Select(rate => rate / Operations * WeightBytes);

    /// <summary>Runs for one round.</summary>
    public void Measure()
    {
        // Short work is repeated: the system counts processor time in microseconds.
        int repetitions = (int)Math.Clamp(4e9 / Operations, 1, 50);
        Rates.Add(repetitions * Operations / Statistics.ProcessorSeconds(Run, repetitions) / 1e9);
    }
}
