using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <content>The forward pass around the blocks.</content>
internal sealed partial class AudioVideoTransformer
{
    /// <summary>
    /// Predicts velocities. The output of a stream that is not enabled is not computed and its span is left as it is.
    /// </summary>
    /// <param name="workspace">Memory for the shape; its positions belong to the tokens.</param>
    /// <param name="inputs">Latents, timesteps, prompt and what to leave out.</param>
    /// <param name="videoVelocity">Receives [video tokens, channels].</param>
    /// <param name="audioVelocity">Receives [audio tokens, channels]; empty when audio is absent.</param>
    /// <param name="cancellationToken">Looked at before every device operation; the workspace can be used again afterwards.</param>
    /// <returns>The number of blocks that were evaluated: fewer than all where the cache stood in for them.</returns>
    /// <exception cref="ArgumentException">A span does not fit the shape, or the prompt was prepared by another transformer.</exception>
    public int Forward(
        TransformerWorkspace workspace,
        in TransformerInputs inputs,
        Span<float> videoVelocity,
        Span<float> audioVelocity,
        CancellationToken cancellationToken = default)
    {
        Validate(workspace, inputs, videoVelocity, audioVelocity);
        StreamWorkspace video = workspace.Video;
        StreamWorkspace? audio = workspace.Audio;
        DeviceOperations operations = new(_device, _limits, workspace.Scratch, cancellationToken);
        Enter(operations, _video, _videoSinusoid, video, inputs.VideoLatent, inputs.VideoTimesteps, inputs.Probe);
        if (audio is not null)
        {
            Enter(operations, _audio!, _audioSinusoid!, audio, inputs.AudioLatent, inputs.AudioTimesteps, inputs.Probe);
        }

        inputs.Cache?.Begin(inputs.VideoEnabled, audio is not null && inputs.AudioEnabled);
        int evaluated = 0;
        int next;
        for (int block = 0; block < Structure.Layers; block = next)
        {
            next = block + 1;
            TransformerBlockWeights weights = _blocks.Acquire(block, cancellationToken);
            try
            {
                RunBlock(operations, block, weights, video, audio, inputs);
                evaluated++;
                if (block == 0 && inputs.Cache?.SkipsRest(inputs.MayReuse) == true)
                {
                    next = Structure.Layers;
                }
            }
            finally
            {
                _blocks.Release(block, next % Structure.Layers);
            }

            inputs.BlockCompleted?.Invoke(next);
        }

        if (evaluated < Structure.Layers)
        {
            inputs.Cache!.AddRest();
        }
        else
        {
            inputs.Cache?.EndRest();
        }

        if (inputs.VideoEnabled)
        {
            Leave(operations, _video, video, videoVelocity);
        }

        if (audio is not null && inputs.AudioEnabled)
        {
            Leave(operations, _audio!, audio, audioVelocity);
        }

        return evaluated;
    }

    private void Validate(TransformerWorkspace workspace, in TransformerInputs inputs, Span<float> videoVelocity, Span<float> audioVelocity)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ObjectDisposedException.ThrowIf(workspace.IsDisposed, workspace);
        if (!ReferenceEquals(workspace.Owner, this))
        {
            throw new ArgumentException("The workspace belongs to another transformer.", nameof(workspace));
        }

        if (!ReferenceEquals(inputs.Text.Owner, this))
        {
            throw new ArgumentException("The prompt was prepared by another transformer; prepare it again.", nameof(inputs));
        }

        Check.Length(inputs.VideoLatent.Length, workspace.VideoTokens * Structure.Video.InChannels, nameof(inputs.VideoLatent), "video tokens · channels");
        Check.Timesteps(inputs.VideoTimesteps, workspace.VideoTokens, nameof(inputs.VideoTimesteps));
        Check.Length(inputs.AudioLatent.Length, workspace.AudioTokens * (Structure.Audio?.InChannels ?? 0), nameof(inputs.AudioLatent), "audio tokens · channels");
        Check.Timesteps(inputs.AudioTimesteps, workspace.AudioTokens, nameof(inputs.AudioTimesteps));
        if (inputs.VideoEnabled)
        {
            Check.Length(videoVelocity.Length, workspace.VideoTokens * Structure.Video.OutChannels, nameof(videoVelocity), "video tokens · channels");
        }

        if (workspace.AudioTokens > 0)
        {
            if (inputs.AudioEnabled)
            {
                Check.Length(audioVelocity.Length, workspace.AudioTokens * Structure.Audio!.OutChannels, nameof(audioVelocity), "audio tokens · channels");
            }

            if (inputs.Text.AudioRows == 0)
            {
                throw new ArgumentException("The prompt was prepared without an audio context, but the workspace has audio tokens.", nameof(inputs));
            }
        }
    }

    /// <summary>Modulation rows and the residual stream from the latent.</summary>
    private void Enter(
        DeviceOperations operations,
        StreamGlobalWeights weights,
        TimestepEmbedding sinusoid,
        StreamWorkspace stream,
        ReadOnlySpan<float> latent,
        ReadOnlySpan<float> timesteps,
        ITensorProbe? probe)
    {
        if (stream.Timesteps.Update(timesteps) || probe is not null)
        {
            ComputeModulation(operations, weights, sinusoid, stream, probe);
            stream.Timesteps.Complete();
        }

        operations.Device.Upload(latent, stream.Latent);
        operations.Linear(stream.Latent, weights.Patchify, stream.Residual);
        new Tap(probe, probe is null ? string.Empty : weights.Modality + "_patchify").Record(_device, stream.Residual);
    }

    private void ComputeModulation(
        DeviceOperations operations,
        StreamGlobalWeights weights,
        TimestepEmbedding sinusoid,
        StreamWorkspace stream,
        ITensorProbe? probe)
    {
        TimestepRows rows = stream.Timesteps;
        int width = stream.Stream.Width;
        float multiplier = Structure.TimestepMultiplier;
        UploadSinusoid(operations, sinusoid, rows, multiplier, 1);
        if (weights.CrossScaleShift is not null)
        {
            EvaluateHead(operations, weights.CrossScaleShift, rows, rows.Modulation.ColumnRange(6 * width, 4 * width), probe);
            float gateFactor = Structure.GateTimestepMultiplier / multiplier;
            if (gateFactor != 1)
            {
                UploadSinusoid(operations, sinusoid, rows, multiplier, gateFactor);
            }

            EvaluateHead(operations, weights.CrossGate!, rows, rows.Modulation.ColumnRange(10 * width, width), probe);
            if (gateFactor != 1)
            {
                UploadSinusoid(operations, sinusoid, rows, multiplier, 1);
            }
        }

        EvaluateHead(operations, weights.AdaLayerNorm, rows, rows.Modulation.ColumnRange(0, 6 * width), probe);
        DeviceMatrix output = rows.OutputModulation;
        operations.Device.AddRow(rows.Embedding, weights.OutputTable.ColumnRange(0, width), output.ColumnRange(0, width));
        operations.Device.AddRow(rows.Embedding, weights.OutputTable.ColumnRange(width, width), output.ColumnRange(width, width));
    }

    private static void UploadSinusoid(DeviceOperations operations, TimestepEmbedding sinusoid, TimestepRows rows, float multiplier, float factor)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            float timestep = rows.Distinct[row] * multiplier;
            sinusoid.Compute(timestep * factor, rows.Sinusoids.Slice(row * sinusoid.Width, sinusoid.Width));
        }

        operations.Device.Upload(rows.Sinusoids, rows.Sinusoid);
    }

    /// <summary>Leaves the embedding in <see cref="TimestepRows.Embedding"/>.</summary>
    private void EvaluateHead(DeviceOperations operations, TimestepHead head, TimestepRows rows, DeviceMatrix output, ITensorProbe? probe)
    {
        operations.Linear(rows.Sinusoid, head.Linear1, rows.EmbeddingHidden, Activation.Silu);
        operations.Linear(rows.EmbeddingHidden, head.Linear2, rows.Embedding);
        operations.Device.Activate(rows.Embedding, Activation.Silu, rows.EmbeddingHidden);
        operations.Linear(rows.EmbeddingHidden, head.Linear, output);
        if (probe is not null)
        {
            new Tap(probe, head.Name).Record(_device, output);
            new Tap(probe, head.Name + "_embedded").Record(_device, rows.Embedding);
        }
    }

    private void Leave(DeviceOperations operations, StreamGlobalWeights weights, StreamWorkspace stream, Span<float> velocity)
    {
        DeviceMatrix normalised = stream.Normalised(stream.Stream.Width);
        operations.Device.LayerNormModulate(stream.Residual, Structure.Epsilon, stream.Timesteps.OutputVector(1), stream.Timesteps.OutputVector(0), normalised);
        operations.Linear(normalised, weights.Output, stream.Velocity);
        operations.Device.Download(stream.Velocity, velocity);
    }
}
