using BenchmarkDotNet.Attributes;
using LtxEngine.Kernels;

namespace LtxEngine.Benchmarks;

/// <summary>Linear layers with bf16 weights: the products that most of the denoising time goes to.</summary>
public class LinearBenchmark : DeviceBenchmark
{
    private DeviceMatrix _input;
    private DeviceMatrix _output;
    private IDeviceWeight _weight = null!;

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public LinearCase Case { get; set; } = null!;

    /// <summary>Widths of the 19B model at some numbers of tokens.</summary>
    public static IEnumerable<LinearCase> Cases =>
    [
        new(1024, 4096, 4096, "Store"), new(1024, 4096, 4096, "Store", "bf16"), new(1024, 4096, 4096, "Store", "int8"), new(1024, 4096, 16384, "GELU"), new(256, 2048, 2048, "Store"), new(64, 4096, 4096, "Store"),
        new(1, 4096, 4096, "Store"), new(1, 4096, 4096, "Store", "bf16"), new(1, 4096, 4096, "Store", "int8"),
    ];

    /// <summary>y = x·Wᵀ.</summary>
    [Benchmark]
    public void Linear() => Device.Linear(
        _input, _weight, _output, Case.Epilogue == "GELU" ? LinearEpilogue.Activate(Activation.GeluTanh) : LinearEpilogue.Store);

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override string Numbers => Case.Numbers;

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _input = Matrix(Case.Tokens, Case.Inputs);
        _output = Matrix(Case.Tokens, Case.Outputs);
        _weight = Weight(Case.Outputs, Case.Inputs);
    }

    /// <summary>Sizes of a product.</summary>
    public sealed record LinearCase(int Tokens, int Inputs, int Outputs, string Epilogue, string Numbers = "fp32") : IWork
    {
        /// <inheritdoc/>
        public double Amount => 2.0 * Tokens * Inputs * Outputs;

        /// <inheritdoc/>
        public bool IsArithmetic => true;

        /// <inheritdoc/>
        public override string ToString() => $"{Tokens} x {Outputs} x {Inputs} {Epilogue} {Numbers}";
    }
}
