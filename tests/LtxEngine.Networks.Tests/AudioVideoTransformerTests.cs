using LtxEngine.Checkpoints;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>Behaviour of the transformer beside its numbers, which the reference cases prove.</summary>
public sealed class AudioVideoTransformerTests
{
    [Fact]
    public void Result_does_not_depend_on_the_number_of_threads()
    {
        (float[] Video, float[] Audio)? first = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using TinyModel model = new(threads);
            using TransformerRun run = model.CreateRun(3, 5, 7, 26);
            (float[] Video, float[] Audio) result = run.Result();
            first ??= result;
            Assert.Equal(first.Value.Video, result.Video);
            Assert.Equal(first.Value.Audio, result.Audio);
        }
    }

    [Fact]
    public void Later_forward_passes_allocate_no_managed_memory()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        int blocks = 0;
        run.BlockCompleted = _ => blocks++;
        run.Forward();
        Assert.Equal(model.Transformer.Structure.Layers, blocks);
        int forwards = 1;
        Assert.Equal(0, SteadyAllocation.Of(() =>
        {
            // Two timesteps per pass: every pass fills the tables of other rows than the one before.
            run.VideoTimesteps.AsSpan(12).Fill(1f / ++forwards);
            run.AudioTimesteps.AsSpan().Fill(1f / forwards);
            run.Forward();
        }));
        Assert.Equal(forwards * model.Transformer.Structure.Layers, blocks);
    }

    [Fact]
    public void Perturbed_forward_passes_allocate_no_managed_memory()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        run.Perturbations = TransformerPerturbations.IsolatedModalities with { PerturbVideoSelfAttention = BlockSet.Of(1), SelfAttention = SelfAttentionPerturbation.ValuePassThrough };
        Assert.Equal(0, SteadyAllocation.Of(() => run.Forward()));
    }

    [Fact]
    public void Disposal_gives_all_device_memory_back()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        using CpuComputeDevice device = new(2);
        AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device);
        TransformerRun run = new(transformer, 2, 3, 4, 7, 1);
        run.Forward();
        Assert.True(device.AllocatedBytes > 0);
        run.Dispose();
        transformer.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Throws<ObjectDisposedException>(() => run.Forward());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Streamed_blocks_give_the_resident_result_bit_for_bit(int prefetch)
    {
        using TinyModel resident = new();
        using TransformerRun expected = resident.CreateRun();
        using TinyModel streamed = new(options: new TransformerOptions { Residency = WeightResidency.StreamedAhead(prefetch) });
        using TransformerRun run = streamed.CreateRun();
        (float[] video, float[] audio) = expected.Result();
        for (int step = 0; step < 3; step++)
        {
            run.Forward();
            Assert.Equal(video, run.VideoVelocity);
            Assert.Equal(audio, run.AudioVelocity);
        }
    }

    [Fact]
    public void Streamed_transformer_frees_everything_and_holds_fewer_blocks()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        using CpuComputeDevice device = new(1);
        using (AudioVideoTransformer.Load(file, device))
        {
            long resident = device.AllocatedBytes;
            using CpuComputeDevice other = new(1);
            using (AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, other, new TransformerOptions { Residency = WeightResidency.StreamedAhead(0) }))
            {
                using TransformerRun run = new(transformer, 1, 2, 2, 3, 1);
                long workspace = other.AllocatedBytes;
                run.Forward();
                Assert.True(workspace < resident, $"{workspace} bytes with one block, {resident} with all");
            }

            Assert.Equal(0, other.AllocatedBytes);
        }

        Assert.Equal(0, device.AllocatedBytes);
    }

    [Fact]
    public void Networks_of_one_cache_share_their_weights()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        using CpuComputeDevice device = new(1);
        WeightCache cache = new();
        using (AudioVideoTransformer first = AudioVideoTransformer.Load(file, device, cache: cache))
        {
            long one = device.AllocatedBytes;
            using AudioVideoTransformer second = AudioVideoTransformer.Load(file, device, cache: cache);
            Assert.Equal(one, device.AllocatedBytes);
            first.Dispose();
            Assert.Equal(one, device.AllocatedBytes);
        }

        Assert.Equal(0, device.AllocatedBytes);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Changed_weights_are_not_shared()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        using CpuComputeDevice device = new(1);
        WeightCache cache = new();
        using AudioVideoTransformer plain = AudioVideoTransformer.Load(file, device, cache: cache);
        int weights = cache.Count;
        using AudioVideoTransformer changed = AudioVideoTransformer.Load(file, device, deltas: [new ConstantDelta("transformer_blocks.1.ff.net.2", 0.5f)], cache: cache);
        Assert.Equal(weights + 1, cache.Count);
        using TransformerRun expected = new(plain, 2, 3, 4, 7, 1);
        using TransformerRun actual = new(changed, 2, 3, 4, 7, 1);
        Assert.NotEqual(expected.Result().Video, actual.Result().Video);
    }

    [Fact]
    public void Every_missing_tensor_is_listed()
    {
        using SafetensorsFile whole = SafetensorsFile.Open(TinyModel.CheckpointPath);
        string[] removed =
        [
            "model.diffusion_model.patchify_proj.weight",
            "model.diffusion_model.transformer_blocks.1.attn1.to_q.weight",
            "model.diffusion_model.transformer_blocks.2.audio_ff.net.2.bias",
            "model.diffusion_model.av_ca_v2a_gate_adaln_single.linear.weight",
        ];
        using CpuComputeDevice device = new(1);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => AudioVideoTransformer.Load(new FilteredTensors(whole, removed), device));
        Assert.All(removed, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
        Assert.Equal(removed.Length, error.Problems.Count);
        Assert.Equal(0, device.AllocatedBytes);
    }

    [Fact]
    public void Work_in_pieces_gives_the_same_result()
    {
        using TinyModel whole = new();
        using TransformerRun expected = whole.CreateRun(3, 6, 8, 70);
        using TinyModel pieces = new(options: new TransformerOptions { Limits = new NetworkLimits(1) });
        using TransformerRun run = pieces.CreateRun(3, 6, 8, 70);
        (float[] video, float[] audio) = expected.Result();
        run.Forward();
        Assert.InRange(RelativeError.Of(run.VideoVelocity, video), 0, 1e-6);
        Assert.InRange(RelativeError.Of(run.AudioVelocity, audio), 0, 1e-6);
    }

    [Fact]
    public void No_operation_is_longer_than_the_limit()
    {
        const double Limit = 1e7;
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        Assert.True(Largest(NetworkLimits.Default) > Limit);
        Assert.InRange(Largest(new NetworkLimits(Limit)), 1, Limit);

        double Largest(NetworkLimits limits)
        {
            using ObservingDevice device = new(new CpuComputeDevice(2));
            using AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device, new TransformerOptions { Limits = limits });
            using TransformerRun run = new(transformer, 3, 6, 8, 70, 1);
            run.Forward();
            return device.LargestFlops;
        }
    }

    [Fact]
    public void A_video_only_checkpoint_is_recognised()
    {
        using SafetensorsFile whole = SafetensorsFile.Open(TinyModel.CheckpointPath);
        string[] audio = [.. whole.Tensors.Keys.Where(n => n.Contains("audio", StringComparison.Ordinal) || n.Contains("av_ca", StringComparison.Ordinal) || n.Contains("a2v_ca", StringComparison.Ordinal))];
        using CpuComputeDevice device = new(2);
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(new FilteredTensors(whole, audio), device);
        using TransformerRun run = new(transformer, 2, 3, 4, 0, 1);
        using TinyModel both = new();
        using TransformerRun expected = both.CreateRun(audioTokens: 0);
        Assert.Null(transformer.Structure.Audio);
        Assert.Equal(expected.Result().Video, run.Result().Video);
        Assert.Throws<ArgumentException>(() => transformer.CreateWorkspace(1, new float[6], 1, new float[2]));
    }

    [Fact]
    public void A_probe_changes_nothing_but_rounding_and_sees_every_module()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        (float[] video, float[] audio) = run.Result();
        RecordingProbe probe = new();
        run.Probe = probe;
        run.Forward();
        Assert.InRange(RelativeError.Of(run.VideoVelocity, video), 0, 1e-6);
        Assert.InRange(RelativeError.Of(run.AudioVelocity, audio), 0, 1e-6);
        for (int block = 0; block < model.Transformer.Structure.Layers; block++)
        {
            foreach (string module in new[] { "attn1", "attn2", "ff", "audio_attn1", "audio_attn2", "audio_ff", "audio_to_video_attn", "video_to_audio_attn", "video", "audio" })
            {
                Assert.Contains($"block_{block}_{module}", probe.Recorded.Keys);
            }
        }

        Assert.Equal(2, probe.Recorded["adaln_single"].Rows);
        Assert.Equal(1, probe.Recorded["audio_adaln_single"].Rows);
    }

    [Fact]
    public void Cancellation_stops_within_a_block_and_the_workspace_stays_usable()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        float[] video = run.Result().Video;
        using CancellationTokenSource source = new();
        int completed = 0;
        run.BlockCompleted = blocks =>
        {
            completed = blocks;
            source.Cancel();
        };
        Assert.Throws<OperationCanceledException>(() => run.Forward(source.Token));
        Assert.Equal(1, completed);
        run.BlockCompleted = null;
        Assert.Equal(video, run.Result().Video);
    }

    [Fact]
    public void Cancelled_streaming_starts_again_at_the_first_block()
    {
        using TinyModel model = new(options: new TransformerOptions { Residency = WeightResidency.StreamedAhead() });
        using TransformerRun run = model.CreateRun();
        float[] video = run.Result().Video;
        using CancellationTokenSource source = new();
        run.BlockCompleted = _ => source.Cancel();
        Assert.Throws<OperationCanceledException>(() => run.Forward(source.Token));
        run.BlockCompleted = null;
        Assert.Equal(video, run.Result().Video);
    }

    [Fact]
    public void Results_depend_on_nothing_that_was_computed_before()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        float[] expected = run.Result().Video;
        run.VideoTimesteps[5] = 0.25f;
        run.AudioTimesteps[2] = 0.125f;
        run.Perturbations = TransformerPerturbations.IsolatedModalities;
        Assert.NotEqual(expected, run.Result().Video);
        run.VideoTimesteps[5] = 0;
        run.AudioTimesteps[2] = 0.7f;
        run.Perturbations = TransformerPerturbations.None;
        Assert.Equal(expected, run.Result().Video);
    }

    [Fact]
    public void Many_distinct_timesteps_agree_with_one()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun(3, 3, 3, 12);
        Array.Fill(run.VideoTimesteps, 0.5f);
        Array.Fill(run.AudioTimesteps, 0.5f);
        (float[] video, float[] audio) = run.Result();
        for (int i = 0; i < run.VideoTimesteps.Length; i++)
        {
            run.VideoTimesteps[i] = 0.5f + (i * 1e-7f);
        }

        for (int i = 0; i < run.AudioTimesteps.Length; i++)
        {
            run.AudioTimesteps[i] = 0.5f - (i * 1e-7f);
        }

        Assert.True(run.VideoTimesteps.Distinct().Count() > 8);
        run.Forward();
        Assert.InRange(RelativeError.Of(run.VideoVelocity, video), 1e-9, 1e-3);
        Assert.InRange(RelativeError.Of(run.AudioVelocity, audio), 1e-9, 1e-3);
    }

    [Fact]
    public void Audio_absent_gives_the_video_only_result()
    {
        using TinyModel both = new();
        using TransformerRun absent = both.CreateRun(audioTokens: 0);
        using TinyModel videoOnly = new(options: new TransformerOptions { VideoOnly = true });
        using TransformerRun run = videoOnly.CreateRun(audioTokens: 0);
        Assert.Null(videoOnly.Transformer.Structure.Audio);
        Assert.Equal(run.Result().Video, absent.Result().Video);
        Assert.True(videoOnly.Device.AllocatedBytes < both.Device.AllocatedBytes);
    }

    [Fact]
    public void Output_of_a_disabled_stream_is_left_as_it_is()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        Array.Fill(run.AudioVelocity, 42);
        run.AudioEnabled = false;
        run.Forward();
        Assert.All(run.AudioVelocity, v => Assert.Equal(42, v));
        Assert.DoesNotContain(run.VideoVelocity, v => v == 0);
    }

    [Fact]
    public void Text_is_prepared_once_and_used_by_any_shape()
    {
        using TinyModel model = new();
        using TransformerRun first = model.CreateRun();
        using TransformerRun second = model.CreateRun();
        float[] expected = first.Result().Video;
        using TextConditioning own = second.Text;
        second.Text = first.Text;
        Assert.Equal(expected, second.Result().Video);
        Assert.Equal(expected, second.Result().Video);
        second.Text = own;
    }

    [Fact]
    public void Inputs_that_do_not_fit_are_refused_by_name()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        run.VideoTimesteps[3] = 700;
        ArgumentException error = Assert.Throws<ArgumentException>(() => run.Forward());
        Assert.Contains("VideoTimesteps[3] is 700", error.Message, StringComparison.Ordinal);
        run.VideoTimesteps[3] = float.NaN;
        Assert.Throws<ArgumentException>(() => run.Forward());
        Assert.Throws<ArgumentException>(() => model.Transformer.PrepareText(new float[5], []));
        Assert.Throws<ArgumentException>(() => model.Transformer.PrepareText([], []));
        Assert.Throws<ArgumentException>(() => model.Transformer.CreateWorkspace(4, new float[23], 0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Transformer.CreateWorkspace(0, [], 0, []));
        using TinyModel other = new();
        using TransformerRun foreign = other.CreateRun();
        run.VideoTimesteps[3] = 0;
        TextConditioning own = run.Text;
        run.Text = foreign.Text;
        Assert.Contains("another transformer", Assert.Throws<ArgumentException>(() => run.Forward()).Message, StringComparison.Ordinal);
        run.Text = own;
    }

    [Fact]
    public void A_prompt_without_audio_context_cannot_drive_audio()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using TextConditioning own = run.Text;
        using TextConditioning silent = model.Transformer.PrepareText(TinyModel.Random(model.Transformer.Structure.Video.ContextWidth * 4, 3), []);
        run.Text = silent;
        Assert.Contains("audio context", Assert.Throws<ArgumentException>(() => run.Forward()).Message, StringComparison.Ordinal);
        run.Text = own;
    }

    [Fact]
    public void Cancelled_loading_frees_what_was_loaded()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.CheckpointPath);
        using CpuComputeDevice device = new(1);
        using CancellationTokenSource source = new();
        TransformerOptions options = new() { BlockLoaded = (_, _) => source.Cancel() };
        Assert.Throws<OperationCanceledException>(() => AudioVideoTransformer.Load(file, device, options, cancellationToken: source.Token));
        Assert.Equal(0, device.AllocatedBytes);
    }
}
