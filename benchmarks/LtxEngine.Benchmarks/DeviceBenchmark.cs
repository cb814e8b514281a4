using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// What all benchmarks of device operations share: the device, its buffers, and the number of threads. A benchmark's <c>Case</c>
/// parameter implements <see cref="IWork"/>, from which the rate columns compute.
/// </summary>
public abstract class DeviceBenchmark
{
    private static readonly ConcurrentDictionary<string, double> Peaks = [];
    private readonly List<IDisposable> _owned = [];

    /// <summary>The number of threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>The device.</summary>
    private protected CpuComputeDevice Device { get; private set; } = null!;

    /// <summary>The case as it is shown; each benchmark has its own type of case.</summary>
    protected abstract string CaseName { get; }

    /// <summary>In which numbers products are computed: fp32, bf16 or int8.</summary>
    protected virtual string Numbers => "fp32";

    /// <summary>The best peak of the same kind of instruction, measured right before and right after a benchmark on as many threads, in 10⁹ operations per second; NaN when it did not run.</summary>
    internal static double PeakOf(Type benchmark, int threads, string caseName) => Peaks.GetValueOrDefault(Key(benchmark, threads, caseName), double.NaN);

    /// <summary>Starts the device and lets the benchmark make its data.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        Device = new CpuComputeDevice(Threads, precision: Numbers switch
        {
            "bf16" => ComputePrecision.BrainFloat,
            "int8" => ComputePrecision.Int8,
            _ => ComputePrecision.Single,
        });
        Prepare();
        MeasurePeak();
    }

    /// <summary>Frees everything.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        MeasurePeak();
        _owned.Reverse();
        _owned.ForEach(owned => owned.Dispose());
        _owned.Clear();
        Clear();
        Device.Dispose();
    }

    /// <summary>Removes what <see cref="Prepare"/> made and does not own.</summary>
    protected virtual void Clear()
    {
    }

    /// <summary>Makes the data of the current case.</summary>
    protected abstract void Prepare();

    /// <summary>A matrix of values in (−1, 1).</summary>
    private protected DeviceMatrix Matrix(int rows, int columns)
    {
        DeviceBuffer buffer = Own(Device.Allocate((long)rows * columns));
        DeviceMatrix matrix = buffer.AsMatrix(rows, columns);
        Device.Upload(BenchmarkValues.Uniform((long)rows * columns, 1), matrix);
        return matrix;
    }

    /// <summary>A linear layer of bf16 weights without bias.</summary>
    private protected IDeviceWeight Weight(params long[] shape)
    {
        BenchmarkTensor tensor = new(DataType.BFloat16, shape);
        return Own(shape.Length == 2
            ? Device.PrepareLinear([new LinearPart(tensor, null)])
            : Device.PrepareConvolution(new ConvolutionPart(tensor, null)));
    }

    /// <summary>Disposes something with the benchmark.</summary>
    private protected T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private static string Key(Type benchmark, int threads, string caseName) => $"{benchmark.Name} {threads} {caseName}";

    private void MeasurePeak()
    {
        (Action<int> Loop, double OperationsPerStep)? dots = Device.Precision switch
        {
            ComputePrecision.BrainFloat => DotProbe.Assembled(MicroKernelKind.BrainPairs),
            ComputePrecision.Int8 => DotProbe.Assembled(MicroKernelKind.ByteQuads) ?? DotProbe.Compiled(Device.InstructionSet == CpuInstructionSet.Avx512),
            _ => null,
        };
        double peak = dots is { } found ? PeakProbe.Best(Threads, found.OperationsPerStep, found.Loop) : PeakProbe.GigaflopsPerSecond(Threads);
        Peaks.AddOrUpdate(Key(GetType(), Threads, CaseName), peak, (_, best) => Math.Max(best, peak));
    }
}
