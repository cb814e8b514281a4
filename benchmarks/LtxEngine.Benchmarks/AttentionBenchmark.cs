using BenchmarkDotNet.Attributes;
using LtxEngine.Kernels;

namespace LtxEngine.Benchmarks;

/// <summary>Attention with the head sizes of the 19B model: video to itself, video to text, audio to itself.</summary>
public class AttentionBenchmark : DeviceBenchmark
{
    private DeviceMatrix _query;
    private DeviceMatrix _key;
    private DeviceMatrix _value;
    private DeviceMatrix _output;

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public AttentionCase Case { get; set; } = null!;

    /// <summary>Sizes.</summary>
    public static IEnumerable<AttentionCase> Cases => [new(1536, 1536, 32, 128), new(1536, 1536, 32, 128, "bf16"), new(1536, 256, 32, 128), new(126, 126, 32, 64)];

    /// <summary>softmax(q·kᵀ·scale)·v.</summary>
    [Benchmark]
    public void Attention() => Device.Attention(_query, _key, _value, _output, Case.Heads, 1 / MathF.Sqrt(Case.HeadDimension));

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override string Numbers => Case.Numbers;

    /// <inheritdoc/>
    protected override void Prepare()
    {
        int width = Case.Heads * Case.HeadDimension;
        _query = Matrix(Case.Queries, width);
        _key = Matrix(Case.Keys, width);
        _value = Matrix(Case.Keys, width);
        _output = Matrix(Case.Queries, width);
    }

    /// <summary>Sizes of an attention.</summary>
    public sealed record AttentionCase(int Queries, int Keys, int Heads, int HeadDimension, string Numbers = "fp32") : IWork
    {
        /// <inheritdoc/>
        public double Amount => 4.0 * Queries * Keys * Heads * HeadDimension;

        /// <inheritdoc/>
        public bool IsArithmetic => true;

        /// <inheritdoc/>
        public override string ToString() => $"{Queries} x {Keys}, {Heads} heads of {HeadDimension} {Numbers}";
    }
}
