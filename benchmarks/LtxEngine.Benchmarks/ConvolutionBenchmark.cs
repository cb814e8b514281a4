using BenchmarkDotNet.Attributes;
using LtxEngine.Kernels;

namespace LtxEngine.Benchmarks;

/// <summary>The 3×3×3 convolution of the latent upsampler.</summary>
public class ConvolutionBenchmark : DeviceBenchmark
{
    private DeviceMatrix _input;
    private DeviceMatrix _output;
    private IDeviceWeight _weight = null!;

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public ConvolutionCase Case { get; set; } = null!;

    /// <summary>Sizes.</summary>
    public static IEnumerable<ConvolutionCase> Cases => [new(5, 34, 34, 512)];

    /// <summary>Stride 1, zero padding.</summary>
    [Benchmark]
    public void Convolution() => Device.Convolution(_input, new VolumeShape(Case.Frames, Case.Height, Case.Width), _weight, _output);

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override void Prepare()
    {
        int positions = Case.Frames * Case.Height * Case.Width;
        _input = Matrix(positions, Case.Channels);
        _output = Matrix(positions, Case.Channels);
        _weight = Weight(Case.Channels, Case.Channels, 3, 3, 3);
    }

    /// <summary>Sizes of a convolution.</summary>
    public sealed record ConvolutionCase(int Frames, int Height, int Width, int Channels) : IWork
    {
        /// <inheritdoc/>
        public double Amount => 2.0 * 27 * Frames * Height * Width * Channels * Channels;

        /// <inheritdoc/>
        public bool IsArithmetic => true;

        /// <inheritdoc/>
        public override string ToString() => $"{Frames} x {Height} x {Width}, {Channels} channels";
    }
}
