using System.Diagnostics;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Layout;

namespace LtxEngine.Checkpoints.Tests.Layout;

// Resident memory is the whole process's: tests beside would count.
[Collection(nameof(FullSizeManifestTests))]
[CollectionDefinition(nameof(FullSizeManifestTests), DisableParallelization = true)]
public sealed class FullSizeManifestTests(ITestOutputHelper output) : IDisposable
{
    private const long AllowedResidentBytes = 200L << 20;

    private const ModelComponents WholeModel = ModelComponents.Transformer | ModelComponents.TextConditioning | ModelComponents.VideoVaeEncoder
        | ModelComponents.VideoVaeDecoder | ModelComponents.AudioVaeEncoder | ModelComponents.AudioVaeDecoder | ModelComponents.Vocoder;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_19B_model_opens_in_little_memory_with_nothing_missing_and_nothing_unused(bool withOptionalTensors)
    {
        long size = Manifest.WriteSparseFile(_folder["ltx-2-19b-dev.safetensors"], part: null, withOptionalTensors);
        Assert.InRange(size, 43_277_941_706, 43_300_000_000);

        GC.Collect();
        long before = ResidentBytes();
        Stopwatch watch = Stopwatch.StartNew();
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(_folder["ltx-2-19b-dev.safetensors"]);
        TimeSpan opened = watch.Elapsed;
        checkpoint.Require(WholeModel);
        Assert.Empty(checkpoint.UnknownTensors);
        long growth = ResidentBytes() - before;
        output.WriteLine($"opened {size:N0} bytes in {opened.TotalMilliseconds:F0} ms, checked after {watch.Elapsed.TotalMilliseconds:F0} ms, resident growth {growth >> 20} MiB");
        Assert.InRange(growth, long.MinValue, AllowedResidentBytes);

        Assert.Equal(withOptionalTensors ? 4052 : 4049, checkpoint.Tensors.Count);
        Assert.Equal(WholeModel, checkpoint.Components);

        TransformerConfiguration transformer = TransformerConfiguration.Read(checkpoint);
        Assert.Equal((48, 32, 128, 4096), (transformer.BlockCount, transformer.VideoHeadCount, transformer.VideoHeadDimension, transformer.VideoWidth));
        Assert.Equal((true, 32, 64, 2048), (transformer.HasAudio, transformer.AudioHeadCount, transformer.AudioHeadDimension, transformer.AudioWidth));
        Assert.Equal((128, 128, 128, 128), (transformer.VideoInChannels, transformer.VideoOutChannels, transformer.AudioInChannels, transformer.AudioOutChannels));
        Assert.Equal((16384, 8192, 3840, 2048), (
            transformer.VideoFeedForwardWidth, transformer.AudioFeedForwardWidth, transformer.CaptionChannels, transformer.AudioCrossAttentionDimension));
        Assert.Equal(3510, TransformerLayout.List(transformer).Count);

        TextConditioningConfiguration text = TextConditioningConfiguration.Read(checkpoint);
        Assert.Equal((188160, 3840), (text.ProjectionInputWidth, text.ProjectionOutputWidth));
        Assert.Equal((2, 30, 128, 15360, 128), (text.Video.LayerCount, text.Video.HeadCount, text.Video.HeadDimension, text.Video.FeedForwardWidth, text.Video.RegisterCount));
        Assert.Equal(59, TextConditioningLayout.List(text).Count);

        VideoVaeConfiguration video = VideoVaeConfiguration.Read(checkpoint);
        Assert.Equal((128, 4, 8, 32, false), (video.LatentChannels, video.PatchSize, video.TimeScale, video.SpaceScale, video.IsTimestepConditioned));
        Assert.Equal([4, 0, 6, 0, 6, 0, 2, 0, 2], video.EncoderBlocks.Select(block => block.LayerCount));
        Assert.Equal([128, 256, 256, 512, 512, 1024, 1024, 2048, 2048], video.EncoderBlocks.Select(block => block.OutChannels));
        Assert.Equal([5, 0, 5, 0, 5, 0, 5], video.DecoderBlocks.Select(block => block.LayerCount));
        Assert.Equal([1024, 512, 512, 256, 256, 128, 128], video.DecoderBlocks.Select(block => block.OutChannels));

        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(checkpoint);
        Assert.Equal((128, 2, 8, 128), (audio.Channels, audio.ResidualBlockCount, audio.LatentChannels, audio.TokenChannels));
        VocoderConfiguration vocoder = VocoderConfiguration.Read(checkpoint);
        Assert.Equal((128, 1024, 2, 240), (vocoder.InChannels, vocoder.InitialChannels, vocoder.OutChannels, vocoder.SamplesPerFrame));
    }

    [Theory]
    [InlineData("spatial_upscaler", "RationalSpatial", 1024, 73)]
    [InlineData("temporal_upscaler", "Temporal", 512, 72)]
    public void The_full_size_upscalers_are_complete(string part, string kind, int channels, int tensors)
    {
        Manifest.WriteSparseFile(_folder["upscaler.safetensors"], part);
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(_folder["upscaler.safetensors"]);
        checkpoint.Require(ModelComponents.LatentUpsampler);
        Assert.Empty(checkpoint.UnknownTensors);
        Assert.Equal(tensors, checkpoint.Tensors.Count);
        LatentUpsamplerConfiguration configuration = LatentUpsamplerConfiguration.Read(checkpoint);
        Assert.Equal((kind, channels, 4, 4), (configuration.Kind.ToString(), configuration.Channels, configuration.BlockCount, configuration.PostBlockCount));
    }

    [Fact]
    public void The_full_size_text_encoder_is_complete()
    {
        Manifest.WriteSparseFile(_folder["model.safetensors"], "gemma_text");
        File.WriteAllText(_folder["config.json"], """
            {"model_type": "gemma3", "image_token_index": 262144, "eos_token_id": [1, 106], "text_config": {
             "model_type": "gemma3_text", "attention_bias": false, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 3840, "intermediate_size": 15360, "num_hidden_layers": 48, "num_attention_heads": 16,
             "num_key_value_heads": 8, "head_dim": 256, "vocab_size": 262208, "rms_norm_eps": 1e-6, "query_pre_attn_scalar": 256, "sliding_window": 1024,
             "sliding_window_pattern": 6, "rope_theta": 1000000, "rope_local_base_freq": 10000, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}}
            """);
        using Checkpoint checkpoint = Checkpoint.Open(_folder.FullPath);
        GemmaConfiguration configuration = GemmaConfiguration.Load(_folder["config.json"]);
        string? prefix = GemmaTextLayout.FindPrefix(checkpoint.Tensors.Keys);
        Assert.Equal("language_model.model.", prefix);
        IReadOnlyList<ExpectedTensor> layout = GemmaTextLayout.List(configuration, prefix!);
        ProblemList problems = new();
        LayoutChecker.Check(checkpoint, layout, problems);
        Assert.Empty(problems.Problems);
        Assert.Empty(LayoutChecker.FindUnknown(checkpoint, layout));
        Assert.Equal(626, checkpoint.Tensors.Count);
    }

    private static long ResidentBytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
