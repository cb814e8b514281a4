using System.Numerics.Tensors;
using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>What one kind of pass remembers of one stream.</summary>
internal sealed class CachedResidual : IDisposable
{
    private readonly StreamWorkspace _stream;
    private readonly ResidualSample _sample;
    private readonly DeviceBuffer _rest;
    private float[] _first;

    /// <summary>Allocates the memory.</summary>
    /// <param name="device">The device.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="sample">Working memory that all kinds of passes share.</param>
    public CachedResidual(IComputeDevice device, StreamWorkspace stream, ResidualSample sample)
    {
        _stream = stream;
        _sample = sample;
        _first = new float[sample.Length];
        _rest = device.Allocate((long)stream.Tokens * stream.Stream.Width);
    }

    /// <summary>[tokens, width]: what the blocks behind the first one added; while they run, the stream before them.</summary>
    private DeviceMatrix Rest => _rest.AsMatrix(_stream.Tokens, _stream.Stream.Width);

    /// <summary>[compared tokens, width].</summary>
    private DeviceMatrix Compared
    {
        get
        {
            DeviceMatrix residual = _stream.Residual;
            return new DeviceMatrix(residual.Buffer, residual.Offset, _sample.Length / residual.Columns, residual.Columns, checked(residual.RowStride * _sample.Step));
        }
    }

    /// <summary>Takes a copy of the stream before the first block.</summary>
    /// <param name="device">The device.</param>
    public void Begin(IComputeDevice device) => device.Download(Compared, _sample.Before);

    /// <summary>Σ|r − r'| / Σ|r'| of what the first block added; infinite when nothing was added then but is now.</summary>
    /// <param name="device">The device.</param>
    public double Change(IComputeDevice device)
    {
        float[] added = _sample.Added;
        device.Download(Compared, added);
        TensorPrimitives.Subtract(added, _sample.Before, added);
        double difference = 0;
        double size = 0;
        int width = _stream.Stream.Width;
        Span<float> work = _sample.Before.AsSpan(0, width);
        for (int start = 0; start < added.Length; start += width)
        {
            ReadOnlySpan<float> earlier = _first.AsSpan(start, width);
            TensorPrimitives.Subtract(added.AsSpan(start, width), earlier, work);
            difference += TensorPrimitives.SumOfMagnitudes(work);
            size += TensorPrimitives.SumOfMagnitudes(earlier);
        }

        return difference == 0 ? 0 : difference / size;
    }

    /// <summary>The other blocks will run: remembers what the first one added, and the stream before them.</summary>
    /// <param name="device">The device.</param>
    public void BeginRest(IComputeDevice device)
    {
        (_first, _sample.Added) = (_sample.Added, _first);
        device.Copy(_stream.Residual, Rest);
    }

    /// <summary>The other blocks have run: remembers what they added.</summary>
    /// <param name="device">The device.</param>
    public void EndRest(IComputeDevice device)
    {
        device.ScaleShift(Rest, _sample.MinusOne, _sample.Zero, Rest);
        device.AddGated(Rest, _stream.Residual, null);
    }

    /// <summary>Adds what the other blocks added in the remembered pass.</summary>
    /// <param name="device">The device.</param>
    public void AddRest(IComputeDevice device) => device.AddGated(_stream.Residual, Rest, null);

    /// <summary>Copies what is remembered.</summary>
    /// <param name="device">The device.</param>
    public float[][] Save(IComputeDevice device)
    {
        float[] rest = new float[checked(_stream.Tokens * _stream.Stream.Width)];
        device.Download(Rest, rest);
        return [[.. _first], rest];
    }

    /// <summary>Takes over what was remembered.</summary>
    /// <param name="device">The device.</param>
    /// <param name="first">What the first block added to the compared tokens.</param>
    /// <param name="rest">What the other blocks added.</param>
    public void Load(IComputeDevice device, float[] first, float[] rest)
    {
        Check.Length(first.Length, _first.Length, nameof(first), "compared tokens · width");
        Check.Length(rest.Length, (int)_rest.Length, nameof(rest), "tokens · width");
        first.CopyTo(_first, 0);
        device.Upload(rest, Rest);
    }

    /// <inheritdoc/>
    public void Dispose() => _rest.Dispose();
}
