using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Upsampling;

/// <summary>A convolution, prepared in pieces of output channels so that one device operation stays short.</summary>
internal sealed class ConvolutionLayer
{
    /// <summary>Output channels per piece: 0.17 TFLOP at 1024 input channels and a full-size clip of 24,576 positions.</summary>
    private const int OutputsPerPiece = 128;

    private readonly IDeviceWeight[] _pieces;

    /// <summary>Loads the layer.</summary>
    /// <param name="scope">Owns the leases.</param>
    /// <param name="name">Name of the layer.</param>
    /// <param name="outputs">Number of output channels.</param>
    public ConvolutionLayer(WeightScope scope, string name, int outputs)
    {
        Outputs = outputs;
        _pieces = new IDeviceWeight[(outputs + OutputsPerPiece - 1) / OutputsPerPiece];
        for (int i = 0; i < _pieces.Length; i++)
        {
            int first = i * OutputsPerPiece;
            _pieces[i] = scope.Convolution(name, first, Math.Min(OutputsPerPiece, outputs - first));
        }
    }

    /// <summary>Number of output channels.</summary>
    public int Outputs { get; }

    /// <summary>Applies the layer.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[positions, inputs].</param>
    /// <param name="shape">Extents of the volume.</param>
    /// <param name="output">[positions, outputs].</param>
    /// <param name="cancellationToken">Looked at before each piece.</param>
    public void Apply(IComputeDevice device, DeviceMatrix input, VolumeShape shape, DeviceMatrix output, CancellationToken cancellationToken)
    {
        int first = 0;
        foreach (IDeviceWeight piece in _pieces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            device.Convolution(input, shape, piece, output.ColumnRange(first, piece.OutputFeatures));
            first += piece.OutputFeatures;
        }
    }
}
