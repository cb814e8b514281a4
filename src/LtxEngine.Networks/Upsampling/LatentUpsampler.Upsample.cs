using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Upsampling;

/// <content>The network.</content>
internal sealed partial class LatentUpsampler
{
    /// <summary>The number of steps that are reported as progress.</summary>
    public int Steps => _blocks.Length + _postBlocks.Length + 2;

    /// <summary>The extents after upsampling.</summary>
    /// <param name="shape">The extents before.</param>
    /// <exception cref="OverflowException">The result is too large.</exception>
    public VolumeShape OutputShape(VolumeShape shape)
    {
        int denominator = Configuration.SpaceDenominator;
        int height = checked(shape.Height * Configuration.SpaceNumerator);
        int width = checked(shape.Width * Configuration.SpaceNumerator);
        int frames = Configuration.Kind == LatentUpsamplerKind.Temporal ? checked((2 * shape.Frames) - 1) : shape.Frames;
        return new VolumeShape(frames, (height + denominator - 1) / denominator, (width + denominator - 1) / denominator);
    }

    /// <summary>Upsamples a clip of normalised latents: un-normalise, upsample, normalise with the video VAE's statistics.</summary>
    /// <param name="latent">[1, channels, frames, height, width] or without the leading 1.</param>
    /// <param name="statistics">The video VAE's statistics.</param>
    /// <param name="progress">Called with the number of steps done.</param>
    /// <param name="cancellationToken">Looked at before every convolution.</param>
    /// <returns>Of the input's rank.</returns>
    public HostTensor UpsampleVideo(HostTensor latent, LatentStatistics statistics, Action<int>? progress = null, CancellationToken cancellationToken = default)
    {
        Check.Length(statistics.Mean.Length, Configuration.LatentChannels, nameof(statistics), "one mean per latent channel");
        return Run(latent, statistics, null, progress, cancellationToken);
    }

    /// <summary>Upsamples a clip of un-normalised latents.</summary>
    /// <param name="latent">[1, channels, frames, height, width] or without the leading 1.</param>
    /// <param name="probe">Receives module outputs as [positions, channels], named as the original's modules.</param>
    /// <param name="progress">Called with the number of steps done.</param>
    /// <param name="cancellationToken">Looked at before every convolution.</param>
    /// <returns>Of the input's rank.</returns>
    public HostTensor Upsample(HostTensor latent, ITensorProbe? probe = null, Action<int>? progress = null, CancellationToken cancellationToken = default) =>
        Run(latent, null, probe, progress, cancellationToken);

    private HostTensor Run(HostTensor latent, LatentStatistics? statistics, ITensorProbe? probe, Action<int>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        (VolumeShape input, bool leading) = ReadShape(latent.Shape);
        VolumeShape output = OutputShape(input);
        VolumeShape shuffled = Configuration.Kind == LatentUpsamplerKind.Temporal
            ? output
            : new VolumeShape(input.Frames, input.Height * Configuration.SpaceNumerator, input.Width * Configuration.SpaceNumerator);
        int latentChannels = Configuration.LatentChannels;
        int channels = Configuration.Channels;
        long largest = Math.Max((long)input.Positions * _upsampler.Outputs, (long)Math.Max(shuffled.Positions, output.Positions) * channels);
        using DeviceBuffer a = _device.Allocate(largest);
        using DeviceBuffer b = _device.Allocate(largest);
        using DeviceBuffer c = _device.Allocate(largest);
        using DeviceBuffer ends = _device.Allocate((long)Math.Max(input.Positions, output.Positions) * latentChannels);
        float[] values = ToRows(latent.Data, latentChannels, input.Positions);
        if (statistics is not null)
        {
            UnNormalise(values, statistics);
        }

        (DeviceBuffer current, DeviceBuffer work, DeviceBuffer scratch) = (a, b, c);
        DeviceMatrix source = ends.AsMatrix(input.Positions, latentChannels);
        DeviceMatrix first = current.AsMatrix(input.Positions, channels);
        _device.Upload(values, source);
        _initialConvolution.Apply(_device, source, input, first, cancellationToken);
        new Tap(probe, "initial_conv").Record(_device, first);
        Norm(first, _initialNorm, null, work.AsMatrix(input.Positions, channels), new Tap(probe, "initial_norm"));
        int done = 1;
        progress?.Invoke(done);
        foreach (UpsamplerBlock block in _blocks)
        {
            RunBlock(block, ref current, work, ref scratch, input, probe, cancellationToken);
            progress?.Invoke(++done);
        }

        Enlarge(ref current, ref work, input, shuffled, output, probe, cancellationToken);
        foreach (UpsamplerBlock block in _postBlocks)
        {
            RunBlock(block, ref current, work, ref scratch, output, probe, cancellationToken);
            progress?.Invoke(++done);
        }

        DeviceMatrix result = ends.AsMatrix(output.Positions, latentChannels);
        _finalConvolution.Apply(_device, current.AsMatrix(output.Positions, channels), output, result, cancellationToken);
        new Tap(probe, "final_conv").Record(_device, result);
        values = new float[checked(output.Positions * latentChannels)];
        _device.Download(result, values);
        progress?.Invoke(++done);
        if (statistics is not null)
        {
            Normalise(values, statistics);
        }

        TensorShape shape = leading
            ? new TensorShape(1, latentChannels, output.Frames, output.Height, output.Width)
            : new TensorShape(latentChannels, output.Frames, output.Height, output.Width);
        return new HostTensor(shape, ToChannels(values, latentChannels, output.Positions));
    }

    /// <summary>x ← SiLU(norm(x) + residual); a probe sees the norm alone.</summary>
    private void Norm(DeviceMatrix values, GroupNormLayer norm, DeviceMatrix? residual, DeviceMatrix probed, Tap tap)
    {
        if (tap.IsWanted)
        {
            _device.GroupNorm(values, Configuration.NormGroups, GroupNormEpsilon, norm.Weight, norm.Bias, null, Activation.None, probed);
            tap.Record(_device, probed);
        }

        _device.GroupNorm(values, Configuration.NormGroups, GroupNormEpsilon, norm.Weight, norm.Bias, residual, Activation.Silu, values);
    }

    private void RunBlock(
        UpsamplerBlock block,
        ref DeviceBuffer current,
        DeviceBuffer work,
        ref DeviceBuffer scratch,
        VolumeShape shape,
        ITensorProbe? probe,
        CancellationToken cancellationToken)
    {
        int channels = Configuration.Channels;
        DeviceMatrix input = current.AsMatrix(shape.Positions, channels);
        DeviceMatrix inner = work.AsMatrix(shape.Positions, channels);
        DeviceMatrix output = scratch.AsMatrix(shape.Positions, channels);
        block.Convolution1.Apply(_device, input, shape, inner, cancellationToken);
        Place(probe, block.Name, ".conv1").Record(_device, inner);
        Norm(inner, block.Norm1, null, output, Place(probe, block.Name, ".norm1"));
        block.Convolution2.Apply(_device, inner, shape, output, cancellationToken);
        Place(probe, block.Name, ".conv2").Record(_device, output);
        Norm(output, block.Norm2, input, inner, Place(probe, block.Name, ".norm2"));
        Place(probe, block.Name, string.Empty).Record(_device, output);
        (current, scratch) = (scratch, current);
    }

    private void Enlarge(
        ref DeviceBuffer current,
        ref DeviceBuffer work,
        VolumeShape input,
        VolumeShape shuffled,
        VolumeShape output,
        ITensorProbe? probe,
        CancellationToken cancellationToken)
    {
        int channels = Configuration.Channels;
        DeviceMatrix wide = work.AsMatrix(input.Positions, _upsampler.Outputs);
        _upsampler.Apply(_device, current.AsMatrix(input.Positions, channels), input, wide, cancellationToken);
        Place(probe, UpsamplerName(Configuration), string.Empty).Record(_device, wide);
        DeviceMatrix result = current.AsMatrix(shuffled.Positions, channels);
        if (Configuration.Kind == LatentUpsamplerKind.Temporal)
        {
            ShowAllFrames(probe, wide, input);
            _device.FrameShuffle(wide, input, result);
            return;
        }

        _device.PixelShuffle(wide, input, Configuration.SpaceNumerator, result);
        if (Configuration.SpaceDenominator > 1)
        {
            _device.BlurDown(result, shuffled, _blurKernel, Configuration.SpaceDenominator, work.AsMatrix(output.Positions, channels));
            (current, work) = (work, current);
        }

        Place(probe, "upsampler", string.Empty).Record(_device, current.AsMatrix(output.Positions, channels));
    }

    /// <summary>The original's temporal module still has the first frame, which the device operation never makes.</summary>
    private void ShowAllFrames(ITensorProbe? probe, DeviceMatrix wide, VolumeShape shape)
    {
        if (probe is null || !probe.Wants("upsampler"))
        {
            return;
        }

        int channels = Configuration.Channels;
        int plane = shape.Height * shape.Width;
        float[] values = new float[checked(wide.Rows * wide.Columns)];
        float[] frames = new float[values.Length];
        _device.Download(wide, values);
        for (int row = 0; row < wide.Rows; row++)
        {
            for (int column = 0; column < wide.Columns; column++)
            {
                int target = (((2 * (row / plane)) + (column % 2)) * plane) + (row % plane);
                frames[(target * channels) + (column / 2)] = values[(row * wide.Columns) + column];
            }
        }

        probe.Record("upsampler", frames, 2 * wide.Rows, channels);
    }

    private (VolumeShape Shape, bool Leading) ReadShape(TensorShape shape)
    {
        bool leading = shape.Rank == 5 && shape[0] == 1;
        int axis = leading ? 1 : 0;
        if (shape.Rank != axis + 4 || shape[axis] != Configuration.LatentChannels || shape.ElementCount == 0)
        {
            throw new ArgumentException($"The latent has the shape {shape}; [1, {Configuration.LatentChannels}, frames, height, width] is needed, each at least 1.", nameof(shape));
        }

        return (new VolumeShape(shape.Extent(axis + 1), shape.Extent(axis + 2), shape.Extent(axis + 3)), leading);
    }

    private static Tap Place(ITensorProbe? probe, string module, string part) => new(probe, probe is null ? string.Empty : module + part);

    private static float[] ToRows(float[] channelsFirst, int channels, int positions)
    {
        float[] rows = new float[checked(channels * positions)];
        for (int c = 0; c < channels; c++)
        {
            for (int p = 0; p < positions; p++)
            {
                rows[(p * channels) + c] = channelsFirst[(c * positions) + p];
            }
        }

        return rows;
    }

    private static float[] ToChannels(float[] rows, int channels, int positions)
    {
        float[] channelsFirst = new float[rows.Length];
        for (int c = 0; c < channels; c++)
        {
            for (int p = 0; p < positions; p++)
            {
                channelsFirst[(c * positions) + p] = rows[(p * channels) + c];
            }
        }

        return channelsFirst;
    }

    private static void UnNormalise(float[] rows, LatentStatistics statistics)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            int c = i % statistics.Mean.Length;
            rows[i] = (rows[i] * statistics.Deviation[c]) + statistics.Mean[c];
        }
    }

    private static void Normalise(float[] rows, LatentStatistics statistics)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            int c = i % statistics.Mean.Length;
            rows[i] = (rows[i] - statistics.Mean[c]) / statistics.Deviation[c];
        }
    }
}
