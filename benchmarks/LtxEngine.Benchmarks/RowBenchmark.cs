using BenchmarkDotNet.Attributes;
using LtxEngine.Kernels;

namespace LtxEngine.Benchmarks;

/// <summary>Norms and element-wise operations over 1536 tokens of the 19B width, beside a plain copy: memory is their limit.</summary>
public class RowBenchmark : DeviceBenchmark
{
    private const int Tokens = 1536;
    private const int Width = 4096;
    private DeviceMatrix _input;
    private DeviceMatrix _output;
    private DeviceMatrix _row;
    private RowVectors _vectors;
    private DeviceRotaryTable _table = null!;

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public RowCase Case { get; set; } = null!;

    /// <summary>Operations and how many values each reads and writes per element.</summary>
    public static IEnumerable<RowCase> Cases =>
    [
        new("copy", 2), new("rms norm + modulation", 2), new("rms norm + rotation", 3), new("gated residual", 3), new("silu", 2), new("gelu", 2),
    ];

    /// <summary>Runs the operation.</summary>
    [Benchmark]
    public void Rows()
    {
        switch (Case.Operation)
        {
            case "copy":
                Device.Copy(_input, _output);
                break;
            case "rms norm + modulation":
                Device.RmsNormModulate(_input, 1e-6f, _vectors, _vectors, _output);
                break;
            case "rms norm + rotation":
                Device.RmsNormRotate(_output, _row, 1e-6f, _table);
                break;
            case "gated residual":
                Device.AddGated(_output, _input, _vectors);
                break;
            case "silu":
                Device.Activate(_input, Activation.Silu, _output);
                break;
            default:
                Device.Activate(_input, Activation.GeluTanh, _output);
                break;
        }
    }

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _input = Matrix(Tokens, Width);
        _output = Matrix(Tokens, Width);
        _row = Matrix(1, Width);
        _vectors = new RowVectors(_row, null);
        float[] angles = new float[Tokens * Width / 2];
        _table = Own(Device.CreateRotaryTable(angles, angles, Tokens, Width, 32, RotaryLayout.Split));
    }

    /// <summary>One operation.</summary>
    public sealed record RowCase(string Operation, int ValuesPerElement) : IWork
    {
        /// <inheritdoc/>
        public double Amount => (double)ValuesPerElement * sizeof(float) * Tokens * Width;

        /// <inheritdoc/>
        public bool IsArithmetic => false;

        /// <inheritdoc/>
        public override string ToString() => Operation;
    }
}
