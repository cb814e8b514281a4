using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Configuration;

public sealed class ConfigurationReadTests
{
    private static SafetensorsFile OpenTiny(string name) =>
        SafetensorsFile.Open(Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name));

    [Fact]
    public void Transformer_of_the_small_model()
    {
        using SafetensorsFile file = OpenTiny("model.safetensors");
        TransformerConfiguration configuration = TransformerConfiguration.Read(file);
        Assert.Equal(3, configuration.BlockCount);
        Assert.True(configuration.HasAudio);
        Assert.Equal((4, 32, 128), (configuration.VideoHeadCount, configuration.VideoHeadDimension, configuration.VideoWidth));
        Assert.Equal((4, 16, 64), (configuration.AudioHeadCount, configuration.AudioHeadDimension, configuration.AudioWidth));
        Assert.Equal((8, 8, 32, 32), (configuration.VideoInChannels, configuration.VideoOutChannels, configuration.AudioInChannels, configuration.AudioOutChannels));
        Assert.Equal((512, 256, 96, 256), (
            configuration.VideoFeedForwardWidth, configuration.AudioFeedForwardWidth, configuration.CaptionChannels, configuration.TimestepEmbeddingChannels));
        Assert.Equal((1e-6, 10000.0, 1000.0, 1000.0), (
            configuration.NormEpsilon, configuration.RopeTheta, configuration.TimestepScaleMultiplier, configuration.CrossModalTimestepScaleMultiplier));
        Assert.Equal((RopeType.Split, true, 64), (configuration.RopeType, configuration.UsesFloat64Frequencies, configuration.AudioCrossAttentionDimension));
        Assert.Equal([20.0, 2048.0, 2048.0], configuration.VideoMaxPositions);
        Assert.Equal([20.0], configuration.AudioMaxPositions);
    }

    [Fact]
    public void Text_side_of_the_small_model()
    {
        using SafetensorsFile file = OpenTiny("model.safetensors");
        TextConditioningConfiguration configuration = TextConditioningConfiguration.Read(file);
        Assert.Equal(96, configuration.ProjectionOutputWidth);
        Assert.Equal((2, 3, 32, 96), (configuration.Video.LayerCount, configuration.Video.HeadCount, configuration.Video.HeadDimension, configuration.Video.Width));
        Assert.Equal((384, 128, 4096.0), (configuration.Video.FeedForwardWidth, configuration.Video.RegisterCount, configuration.Video.MaxPosition));
        Assert.Equal(configuration.Video with { Prefix = configuration.Audio!.Prefix }, configuration.Audio);
    }

    [Fact]
    public void Video_vae_of_the_small_model()
    {
        using SafetensorsFile file = OpenTiny("model.safetensors");
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(file);
        Assert.Equal((8, 4, 8, 32), (configuration.LatentChannels, configuration.PatchSize, configuration.TimeScale, configuration.SpaceScale));
        Assert.Equal(9, configuration.EncoderOutChannels);
        Assert.False(configuration.IsTimestepConditioned);
        Assert.Equal((SpatialPadding.Zeros, SpatialPadding.Reflect), (configuration.EncoderPadding, configuration.DecoderPadding));
        Assert.Equal([2, 0, 1, 0, 1, 0, 1, 0, 1], configuration.EncoderBlocks.Select(block => block.LayerCount));
        Assert.Equal([2, 0, 1, 0, 1, 0, 2], configuration.DecoderBlocks.Select(block => block.LayerCount));
    }

    [Fact]
    public void Decoder_blocks_are_listed_from_the_picture_but_run_from_the_latent()
    {
        using SafetensorsFile file = OpenTiny("vae-conditioned.safetensors");
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(file);
        Assert.True(configuration.IsTimestepConditioned);
        Assert.False(configuration.HasEncoder);
        Assert.Equal([3, 0, 2, 0, 1, 0, 1], configuration.DecoderBlocks.Select(block => block.LayerCount));
        Assert.Equal([64, 32, 32, 16, 16, 8, 8], configuration.DecoderBlocks.Select(block => block.OutChannels));
        Assert.All(configuration.DecoderBlocks.Where(block => block.LayerCount == 0), block => Assert.True(block.HasResidual));
    }

    [Fact]
    public void Audio_vae_and_vocoder_of_the_small_model()
    {
        using SafetensorsFile file = OpenTiny("model.safetensors");
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(file);
        Assert.Equal((32, 2, 2, 2, 2), (audio.Channels, audio.ResidualBlockCount, audio.LatentChannels, audio.InChannels, audio.OutChannels));
        Assert.Equal((64, 4, 16, 32), (audio.MelBins, audio.Scale, audio.LatentMelBins, audio.TokenChannels));
        Assert.Equal((16000, 160, 1024, 0.0, 8000.0), (audio.SampleRate, audio.HopLength, audio.FilterLength, audio.MelMinimumFrequency, audio.MelMaximumFrequency));

        VocoderConfiguration vocoder = VocoderConfiguration.Read(file);
        Assert.Equal((128, 64, 2, 24000, 240), (vocoder.InChannels, vocoder.InitialChannels, vocoder.OutChannels, vocoder.OutputSampleRate, vocoder.SamplesPerFrame));
        Assert.Equal([16, 15, 8, 4, 4], vocoder.UpsampleKernelSizes);
        Assert.Equal([3, 7, 11], vocoder.ResidualKernelSizes);
        Assert.Equal(3, vocoder.ResidualDilations.Length);
        Assert.All(vocoder.ResidualDilations, dilations => Assert.Equal([1, 3, 5], dilations));
    }

    [Theory]
    [InlineData("spatial-upscaler-x2.safetensors", "RationalSpatial", 64, 2, 2, 1, 1)]
    [InlineData("spatial-upscaler-x1_5.safetensors", "RationalSpatial", 32, 1, 3, 2, 1)]
    [InlineData("spatial-upscaler-x2-plain.safetensors", "Spatial", 64, 1, 2, 1, 1)]
    [InlineData("temporal-upscaler-x2.safetensors", "Temporal", 32, 2, 1, 1, 2)]
    public void Upsampler_variants_are_seen_from_the_tensors(string name, string kind, int channels, int blocks, int numerator, int denominator, int time)
    {
        using SafetensorsFile file = OpenTiny(name);
        LatentUpsamplerConfiguration configuration = LatentUpsamplerConfiguration.Read(file);
        Assert.Equal(kind, configuration.Kind.ToString());
        Assert.Equal((channels, blocks, blocks), (configuration.Channels, configuration.BlockCount, configuration.PostBlockCount));
        Assert.Equal((numerator, denominator, time), (configuration.SpaceNumerator, configuration.SpaceDenominator, configuration.TimeFactor));
    }
}
