using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Estimation;

namespace LtxEngine.Tests.Estimation;

public sealed class TransformerWorkTests
{
    private static readonly TransformerWork Work = new(Configuration(audio: 2048));
    private static readonly CountedPass Plain = new(GuidancePass.Conditional, Video: true, Audio: true);

    [Fact]
    public void The_19B_model_takes_25_8_billion_operations_for_a_video_token()
    {
        // The published figure counts the products of a token alone: no attention, and keys and values for the sound's attention to the video.
        double one = Work.OfPass(Plain, 100_001, 1e-9, 0) - Work.OfPass(Plain, 100_000, 1e-9, 0);
        double attention = 4.0 * ((100_001.0 * 100_001) - (100_000.0 * 100_000)) * 4096 * 48;

        Assert.InRange((one - attention) / 1e9, 25.75, 25.85);
    }

    [Theory]
    [InlineData(6144, 158, 30)]
    [InlineData(24_576, 633, 475)]
    public void A_pass_over_a_clip_takes_the_published_work(int tokens, double products, double attention)
    {
        double total = Work.OfPass(Plain, tokens, 1e-9, 0) / 1e12;
        double quadratic = 4.0 * tokens * tokens * 4096 * 48 / 1e12;

        Assert.InRange(quadratic, attention - 0.5, attention + 0.5);
        Assert.InRange(total - quadratic, products - 1.5, products + 1.5);
    }

    [Fact]
    public void What_a_pass_leaves_out_is_not_counted()
    {
        double plain = Work.OfPass(Plain, 1000, 100, 1024);
        GuidancePass perturbed = new() { PerturbedVideoBlocks = [29] };
        double skipped = (2.0 * 1000 * 4 * 4096 * 4096) + (4.0 * 1000 * 1000 * 4096);

        Assert.Equal(plain - skipped, Work.OfPass(Plain with { Pass = perturbed }, 1000, 100, 1024), plain * 1e-12);
        Assert.Equal(
            plain - (4.0 * 1000 * 1000 * 4096),
            Work.OfPass(Plain with { Pass = new GuidancePass { PerturbedVideoBlocks = [29], StgMode = StgMode.ValuePassThrough } }, 1000, 100, 1024),
            plain * 1e-12);
        Assert.True(Work.OfPass(Plain with { Pass = GuidancePass.IsolatedModalities }, 1000, 100, 1024) < plain);
        Assert.Equal(
            plain, Work.OfPass(Plain with { Audio = false }, 1000, 100, 1024) + Work.OfPass(Plain with { Video = false }, 1000, 100, 1024), plain * 1e-12);
    }

    private static TransformerConfiguration Configuration(int audio) => new()
    {
        BlockCount = 48,
        HasAudio = true,
        VideoHeadCount = 32,
        VideoHeadDimension = 128,
        VideoInChannels = 128,
        VideoOutChannels = 128,
        VideoFeedForwardWidth = 16384,
        AudioHeadCount = 32,
        AudioHeadDimension = audio / 32,
        AudioInChannels = 128,
        AudioOutChannels = 128,
        AudioFeedForwardWidth = 4 * audio,
        CaptionChannels = 3840,
        NormEpsilon = 1e-6,
        RopeType = RopeType.Split,
        UsesFloat64Frequencies = true,
        RopeTheta = 10_000,
        VideoMaxPositions = [20, 2048, 2048],
        TimestepScaleMultiplier = 1000,
        TimestepEmbeddingChannels = 256,
    };
}
