using System.Globalization;
using System.Numerics.Tensors;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Kernels.Cpu.MachineCode;

namespace LtxEngine.Benchmarks;

/// <summary>
/// All paths of one piece of work, measured in rounds: each round measures the peaks and all paths once, so that what disturbs one disturbs
/// all. Rates are per second of processor time of this process. Shares and ratios are medians of the ratios within a round.
/// </summary>
/// <param name="operations">Operations of the work.</param>
/// <param name="threads">Number of threads.</param>
internal sealed class Contest(double operations, int threads) : IDisposable
{
    private const int Rounds = 7;

    // Far more than the caches hold.
    private const int MemoryProbeBytes = 256 << 20;

    private readonly Stack<IDisposable> _owned = [];
    private readonly List<ContestEntry> _entries = [];
    private readonly Dictionary<ProductPeak, ContestEntry> _peaks = [];

    /// <summary>Disposes something with the contest.</summary>
    public T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>A device of the contest.</summary>
    public CpuComputeDevice Device(CpuInstructionSet set, ComputePrecision precision, bool allowsMachineCode = true) =>
        Own(new CpuComputeDevice(threads, set, precision, allowsMachineCode));

    /// <summary>A matrix of given values on a device of the contest.</summary>
    public DeviceMatrix Place(CpuComputeDevice device, float[] values, int rows, int columns)
    {
        DeviceMatrix matrix = Own(device.Allocate((long)rows * columns)).AsMatrix(rows, columns);
        device.Upload(values, matrix);
        return matrix;
    }

    /// <summary>Adds every peak that this process can reach.</summary>
    public void AddPeaks()
    {
        AddPeak(ProductPeak.Multiply512, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx512) ? PeakProbe.MultiplyAdds(CpuInstructionSet.Avx512) : null);
        AddPeak(ProductPeak.Multiply256, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2) ? PeakProbe.MultiplyAdds(CpuInstructionSet.Avx2) : null);
        AddPeak(ProductPeak.BrainDot, DotProbe.Assembled(MicroKernelKind.BrainPairs));
        AddPeak(ProductPeak.ByteDot, DotProbe.Assembled(MicroKernelKind.ByteQuads));
        AddPeak(ProductPeak.Bytes512, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx512) ? DotProbe.Compiled(isWide: true) : null);
        AddPeak(ProductPeak.Bytes256, DotProbe.Compiled(isWide: false));
        AddPeak(ProductPeak.ByteDot256, DotProbe.AvxVnniDots());
        AddMemory();
    }

    /// <summary>Adds somebody else's implementation; the first one added is what ratios are to.</summary>
    public ContestEntry AddPeer(string name, Action run, Func<float[]> read)
    {
        _entries.Add(new ContestEntry(name, ProductPeak.None, run, operations, read));
        return _entries[^1];
    }

    /// <summary>Adds a path of ours, where this process has it: elsewhere it would run on another one and be named wrongly.</summary>
    public ContestEntry? Add(string name, ProductPeak peak, Action run, Func<float[]>? read, long weightBytes = 0)
    {
        if (!_peaks.ContainsKey(peak))
        {
            return null;
        }

        _entries.Add(new ContestEntry(name, peak, run, operations, read) { WeightBytes = weightBytes });
        return _entries[^1];
    }

    /// <summary>Measures and prints a table.</summary>
    public void Print(string title)
    {
        ContestEntry[] all = [.. _peaks.Values, .. _entries];
        Array.ForEach(all, entry => entry.Run());
        for (int round = 0; round < Rounds; round++)
        {
            Array.ForEach(all, entry => entry.Measure());
        }

        Console.WriteLine();
        Console.WriteLine($"### {title}, {threads} {(threads == 1 ? "thread" : "threads")}");
        Console.WriteLine();
        Console.WriteLine("Peaks in 10⁹ operations per second of one thread: "
            + string.Join(", ", _peaks.Values.Where(peak => peak.Peak != ProductPeak.Memory).Select(peak => $"{peak.Name} {Statistics.Median(peak.Rates):F0}"))
            + $". Memory: {Statistics.Median(_peaks[ProductPeak.Memory].Rates):F1} GB/s.");
        Console.WriteLine();
        Console.WriteLine($"| path | 10⁹ op/s per thread | of peak | × {_entries[0].Name} | relative error | GB/s of weights | of memory |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        float[]? reference = _entries.Find(entry => entry.Peak is ProductPeak.Multiply512 or ProductPeak.Multiply256)?.Read?.Invoke();
        foreach (ContestEntry entry in _entries)
        {
            string share = entry.Peak == ProductPeak.None ? string.Empty : $"{100 * ShareOfPeak(entry):F0} %";
            string error = reference is not null && entry.Read is { } read ? Statistics.RelativeError(reference, read()).ToString("0.0e-0", CultureInfo.InvariantCulture) : string.Empty;
            string bandwidth = entry.WeightBytes > 0 ? $"{Statistics.Median(entry.WeightRates):F1}" : string.Empty;
            string ofMemory = entry.WeightBytes > 0 ? $"{100 * ShareOfMemory(entry):F0} %" : string.Empty;
            Console.WriteLine($"| {entry.Name} | {Statistics.Median(entry.Rates):F0} | {share} | {Ratio(entry, _entries[0]):F2} | {error} | {bandwidth} | {ofMemory} |");
        }
    }

    /// <summary>How much of its peak a path reached.</summary>
    public double ShareOfPeak(ContestEntry entry) => Ratio(entry, _peaks[entry.Peak]);

    /// <summary>How fast the weights were read, compared with a sum over memory.</summary>
    public double ShareOfMemory(ContestEntry entry) => Statistics.Median(entry.WeightRates.Zip(_peaks[ProductPeak.Memory].Rates, (x, y) => x / y));

    /// <summary>How many times faster a path is than another.</summary>
    public static double Ratio(ContestEntry a, ContestEntry b) => Statistics.Median(a.Rates.Zip(b.Rates, (x, y) => x / y));

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
        {
            owned.Dispose();
        }
    }

    private void AddPeak(ProductPeak peak, (Action<int> Loop, double OperationsPerStep)? probe)
    {
        if (probe is { } found)
        {
            // Long beside the start of a thread.
            const int steps = 10_000_000;
            _peaks[peak] = new ContestEntry(
                peak.ToString(), peak, () => PeakProbe.OnAll(threads, () => found.Loop(steps)), threads * steps * found.OperationsPerStep, null);
        }
    }

    private void AddMemory()
    {
        float[] values = new float[MemoryProbeBytes / sizeof(float)];

        // Untouched pages are all the same one.
        Array.Fill(values, 1f);
        int part = values.Length / threads;
        int next = 0;
        _peaks[ProductPeak.Memory] = new ContestEntry(
            "memory",
            ProductPeak.Memory,
            () => PeakProbe.OnAll(threads, () => TensorPrimitives.Sum(values.AsSpan((Interlocked.Increment(ref next) & int.MaxValue) % threads * part, part))),
            (double)threads * part * sizeof(float),
            null);
    }
}
