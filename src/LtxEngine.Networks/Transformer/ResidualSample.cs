using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>Working memory of a <see cref="ResidualCache"/> for one stream: host copies of the compared tokens, and constant rows.</summary>
internal sealed class ResidualSample : IDisposable
{
    private readonly DeviceBuffer _constants;
    private readonly int _width;

    /// <summary>Allocates the memory.</summary>
    /// <param name="device">The device.</param>
    /// <param name="stream">The stream.</param>
    public ResidualSample(IComputeDevice device, StreamWorkspace stream)
    {
        _width = stream.Stream.Width;
        Step = (stream.Tokens + ResidualCache.MostTokensCompared - 1) / ResidualCache.MostTokensCompared;
        Length = checked((stream.Tokens + Step - 1) / Step * _width);
        Before = new float[Length];
        Added = new float[Length];
        _constants = device.Allocate(2L * _width);
        float[] constants = new float[2 * _width];
        constants.AsSpan(0, _width).Fill(-1);
        device.Upload(constants, _constants.AsMatrix(2, _width));
    }

    /// <summary>Every token of this distance is compared.</summary>
    public int Step { get; }

    /// <summary>Number of compared values.</summary>
    public int Length { get; }

    /// <summary>The stream before the first block.</summary>
    public float[] Before { get; }

    /// <summary>What the first block added; changes places with the array of a pass.</summary>
    public float[] Added { get; set; }

    /// <summary>[1, width]: −1.</summary>
    public DeviceMatrix MinusOne => _constants.AsMatrix(2, _width).RowRange(0, 1);

    /// <summary>[1, width]: 0.</summary>
    public DeviceMatrix Zero => _constants.AsMatrix(2, _width).RowRange(1, 1);

    /// <inheritdoc/>
    public void Dispose() => _constants.Dispose();
}
