using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <content>One block (the original's <c>BasicAVTransformerBlock</c>).</content>
internal sealed partial class AudioVideoTransformer
{
    private void RunBlock(
        DeviceOperations operations,
        int block,
        TransformerBlockWeights weights,
        StreamWorkspace video,
        StreamWorkspace? audio,
        in TransformerInputs inputs)
    {
        TransformerPerturbations perturbations = inputs.Perturbations;
        ITensorProbe? probe = inputs.Probe;
        bool runVideo = inputs.VideoEnabled;
        bool runAudio = audio is not null && inputs.AudioEnabled;
        ComputeBlockModulation(operations, weights.Video, video);
        if (runVideo)
        {
            AttendSelf(operations, weights.Video, video, perturbations.PerturbVideoSelfAttention.Contains(block), perturbations.SelfAttention, new Tap(probe, block, "attn1"));
            AttendText(operations, weights.Video, video, inputs.Text.Video(block), new Tap(probe, block, "attn2"));
        }

        if (audio is not null)
        {
            ComputeBlockModulation(operations, weights.Audio!, audio);
        }

        if (runAudio)
        {
            AttendSelf(operations, weights.Audio!, audio!, perturbations.PerturbAudioSelfAttention.Contains(block), perturbations.SelfAttention, new Tap(probe, block, "audio_attn1"));
            AttendText(operations, weights.Audio!, audio!, inputs.Text.Audio(block), new Tap(probe, block, "audio_attn2"));
        }

        if (audio is not null)
        {
            bool audioToVideo = runVideo && !perturbations.SkipAudioToVideo.Contains(block);
            bool videoToAudio = runAudio && !perturbations.SkipVideoToAudio.Contains(block);
            AttendAcross(operations, block, weights, video, audio, audioToVideo, videoToAudio, probe);
        }

        if (runVideo)
        {
            FeedForward(operations, weights.Video, video, new Tap(probe, block, "ff"));
        }

        if (runAudio)
        {
            FeedForward(operations, weights.Audio!, audio!, new Tap(probe, block, "audio_ff"));
        }

        if (probe is not null)
        {
            new Tap(probe, block, "video").Record(_device, video.Residual);
            if (audio is not null)
            {
                new Tap(probe, block, "audio").Record(_device, audio.Residual);
            }
        }
    }

    private static void ComputeBlockModulation(DeviceOperations operations, StreamBlockWeights weights, StreamWorkspace stream)
    {
        DeviceMatrix modulation = stream.Timesteps.Modulation;
        operations.Device.AddRow(modulation, weights.ModulationTable.ColumnRange(0, modulation.Columns), stream.Timesteps.BlockModulation);
    }

    /// <summary>x ← x + attn1(rms(x)·(1 + scale) + shift) ∘ gate.</summary>
    private void AttendSelf(
        DeviceOperations operations,
        StreamBlockWeights weights,
        StreamWorkspace stream,
        bool perturbed,
        SelfAttentionPerturbation perturbation,
        Tap tap)
    {
        if (perturbed && perturbation == SelfAttentionPerturbation.ResidualSkip)
        {
            return;
        }

        int width = stream.Stream.Width;
        DeviceMatrix normalised = stream.Normalised(width);
        DeviceMatrix merged = stream.Scratch(3 * width);
        DeviceMatrix query = merged.ColumnRange(0, width);
        DeviceMatrix key = merged.ColumnRange(width, width);
        DeviceMatrix value = merged.ColumnRange(2 * width, width);
        RowVectors gate = stream.Timesteps.Vector(ModulationVector.SelfGate);
        operations.NormLinear(stream.Residual, Norm(stream, ModulationVector.SelfScale, ModulationVector.SelfShift), normalised, weights.QueryKeyValue, merged);
        if (perturbed)
        {
            AddTo(operations, stream, value, weights.Output, gate, query, tap);
            return;
        }

        operations.Device.RmsNormRotate(query, weights.QueryNorm, Structure.Epsilon, stream.SelfTable);
        operations.Device.RmsNormRotate(key, weights.KeyNorm, Structure.Epsilon, stream.SelfTable);
        operations.Attention(query, key, value, normalised, stream.Stream.Heads);
        AddTo(operations, stream, normalised, weights.Output, gate, query, tap);
    }

    /// <summary>x ← x + attn2(rms(x), text): no modulation, no gate, no rotation.</summary>
    private void AttendText(DeviceOperations operations, StreamBlockWeights weights, StreamWorkspace stream, DeviceMatrix keysAndValues, Tap tap)
    {
        int width = stream.Stream.Width;
        DeviceMatrix normalised = stream.Normalised(width);
        DeviceMatrix query = stream.Scratch(width);
        operations.NormLinear(stream.Residual, new RmsNorm(Structure.Epsilon, null, null), normalised, weights.TextQuery, query);
        operations.Device.RmsNormRotate(query, weights.TextQueryNorm, Structure.Epsilon, null);
        operations.Attention(query, keysAndValues.ColumnRange(0, width), keysAndValues.ColumnRange(width, width), normalised, stream.Stream.Heads);
        AddTo(operations, stream, normalised, weights.TextOutput, null, query, tap);
    }

    /// <summary>Both attentions between the streams. All queries, keys and values are taken before either stream is updated.</summary>
    private void AttendAcross(
        DeviceOperations operations,
        int block,
        TransformerBlockWeights weights,
        StreamWorkspace video,
        StreamWorkspace audio,
        bool audioToVideo,
        bool videoToAudio,
        ITensorProbe? probe)
    {
        int inner = Structure.CrossWidth;
        if (audioToVideo)
        {
            ProjectAcross(operations, weights.AudioToVideo!, video, audio, ModulationVector.AudioToVideoScale, ModulationVector.AudioToVideoShift);
        }

        if (videoToAudio)
        {
            ProjectAcross(operations, weights.VideoToAudio!, audio, video, ModulationVector.VideoToAudioScale, ModulationVector.VideoToAudioShift);
        }

        if (audioToVideo)
        {
            operations.Attention(CrossQuery(video), CrossKey(audio), CrossValue(audio), video.Normalised(inner), Structure.CrossHeads);
        }

        if (videoToAudio)
        {
            operations.Attention(CrossQuery(audio), CrossKey(video), CrossValue(video), audio.Normalised(inner), Structure.CrossHeads);
        }

        if (audioToVideo)
        {
            AddAcross(operations, weights.AudioToVideo!, video, new Tap(probe, block, "audio_to_video_attn"));
        }

        if (videoToAudio)
        {
            AddAcross(operations, weights.VideoToAudio!, audio, new Tap(probe, block, "video_to_audio_attn"));
        }
    }

    private void ProjectAcross(
        DeviceOperations operations, CrossAttentionWeights weights, StreamWorkspace to, StreamWorkspace from, ModulationVector scale, ModulationVector shift)
    {
        int inner = Structure.CrossWidth;
        operations.NormLinear(to.Residual, Norm(to, scale, shift), to.Normalised(to.Stream.Width), weights.Query, CrossQuery(to));
        DeviceMatrix keysAndValues = from.Scratch(3 * inner).ColumnRange(inner, 2 * inner);
        operations.NormLinear(from.Residual, Norm(from, scale, shift), from.Normalised(from.Stream.Width), weights.KeyValue, keysAndValues);
        operations.Device.RmsNormRotate(CrossQuery(to), weights.QueryNorm, Structure.Epsilon, to.CrossTable);
        operations.Device.RmsNormRotate(CrossKey(from), weights.KeyNorm, Structure.Epsilon, from.CrossTable);
    }

    private void AddAcross(DeviceOperations operations, CrossAttentionWeights weights, StreamWorkspace to, Tap tap) =>
        AddTo(
            operations,
            to,
            to.Normalised(Structure.CrossWidth),
            weights.Output,
            to.Timesteps.Vector(ModulationVector.CrossGate),
            to.Scratch(to.Stream.Width),
            tap);

    private DeviceMatrix CrossQuery(StreamWorkspace stream) => stream.Scratch(3 * Structure.CrossWidth).ColumnRange(0, Structure.CrossWidth);

    private DeviceMatrix CrossKey(StreamWorkspace stream) => stream.Scratch(3 * Structure.CrossWidth).ColumnRange(Structure.CrossWidth, Structure.CrossWidth);

    private DeviceMatrix CrossValue(StreamWorkspace stream) => stream.Scratch(3 * Structure.CrossWidth).ColumnRange(2 * Structure.CrossWidth, Structure.CrossWidth);

    /// <summary>x ← x + ff(rms(x)·(1 + scale) + shift) ∘ gate, ff = net.2(gelu(net.0(x))).</summary>
    private void FeedForward(DeviceOperations operations, StreamBlockWeights weights, StreamWorkspace stream, Tap tap)
    {
        DeviceMatrix product = stream.Normalised(stream.Stream.Width);
        RmsNorm norm = Norm(stream, ModulationVector.FeedForwardScale, ModulationVector.FeedForwardShift);
        RowVectors gate = stream.Timesteps.Vector(ModulationVector.FeedForwardGate);

        // The hidden rows are four times as wide as the stream: many tokens take turns in the same memory.
        for (int first = 0; first < stream.Tokens; first += stream.HiddenRows)
        {
            int count = Math.Min(stream.HiddenRows, stream.Tokens - first);
            DeviceMatrix rows = stream.Residual.RowRange(first, count);
            DeviceMatrix products = product.RowRange(first, count);
            DeviceMatrix hidden = stream.Hidden(count);
            operations.NormLinear(rows, norm.RowRange(first, count), products, weights.FeedForwardIn, hidden, Activation.GeluTanh);
            operations.LinearAdd(hidden, weights.FeedForwardOut, rows, gate.TokenRange(first, count), products, tap.IsWanted);
        }

        tap.Record(_device, product);
    }

    /// <summary>x ← x + product ∘ gate.</summary>
    private void AddTo(DeviceOperations operations, StreamWorkspace stream, DeviceMatrix input, IDeviceWeight weight, RowVectors? gate, DeviceMatrix product, Tap tap)
    {
        operations.LinearAdd(input, weight, stream.Residual, gate, product, tap.IsWanted);
        tap.Record(_device, product);
    }

    /// <summary>rms(x)·(1 + scale) + shift.</summary>
    private RmsNorm Norm(StreamWorkspace stream, ModulationVector scale, ModulationVector shift) =>
        new(Structure.Epsilon, stream.Timesteps.Vector(scale), stream.Timesteps.Vector(shift));
}
