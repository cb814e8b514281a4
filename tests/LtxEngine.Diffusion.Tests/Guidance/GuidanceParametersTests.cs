using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Diffusion.Tests.Guidance;

public sealed class GuidanceParametersTests
{
    [Theory]
    [InlineData(48, 29)]
    [InlineData(28, 17)]
    [InlineData(6, 4)]
    [InlineData(3, 2)]
    [InlineData(1, 0)]
    public void The_stg_block_scales_with_the_layers(int layers, int block) => Assert.Equal(block, GuidanceParameters.DefaultStgBlock(layers));

    [Fact]
    public void The_presets_are_the_published_ones()
    {
        GuidanceParameters plain = GuidanceParameters.FromPreset("january-15", 48);
        Assert.Equal((4.0, 4.0), (plain.Video.CfgScale, plain.Audio.CfgScale));
        Assert.False(plain.Video.UsesPerturbation || plain.Video.UsesModalityIsolation || plain.Video.RescaleScale != 0);

        GuidanceParameters multi = GuidanceParameters.FromPreset("january-29", 48);
        Assert.Equal((3.0, 7.0), (multi.Video.CfgScale, multi.Audio.CfgScale));
        foreach (ModalityGuidance guidance in new[] { multi.Video, multi.Audio })
        {
            Assert.Equal((1.0, 3.0, 0.7, 0), (guidance.StgScale, guidance.ModalityScale, guidance.RescaleScale, guidance.SkipStep));
            Assert.Equal([29], guidance.StgBlocks);
        }

        GuidanceParameters none = GuidanceParameters.FromPreset("distilled", 48);
        Assert.Equal(1, new MultiModalGuider(none).MaximumPasses);
        Assert.False(none.UsesNegative);
    }

    [Fact]
    public void An_unknown_preset_is_refused_with_the_known_ones()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => GuidanceParameters.FromPreset("march", 48));
        Assert.Contains("january-15, january-29, distilled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Impossible_parameters_are_refused()
    {
        ModalityGuidance[] impossible =
        [
            new() { CfgScale = double.NaN },
            new() { StgScale = double.PositiveInfinity },
            new() { ModalityScale = double.NaN },
            new() { RescaleScale = 1.1 },
            new() { RescaleScale = -0.1 },
            new() { SkipStep = -1 },
            new() { StgBlocks = [-1] },
            new() { ApgNormThreshold = -1 },
            new() { ApgEta = double.NaN },
        ];
        Assert.All(
            impossible,
            guidance => Assert.Throws<ArgumentOutOfRangeException>(() => new MultiModalGuider(new GuidanceParameters { Audio = guidance })));
        Assert.Throws<ArgumentOutOfRangeException>(() => GuidanceParameters.DefaultStgBlock(0));
    }

    [Fact]
    public void Steps_are_skipped_between_computed_ones()
    {
        ModalityGuidance guidance = new() { SkipStep = 2 };
        Assert.Equal([0, 3, 6, 9], Enumerable.Range(0, 12).Where(guidance.IsComputedAt));
        Assert.Equal(12, Enumerable.Range(0, 12).Count(ModalityGuidance.None.IsComputedAt));
    }

    [Theory]
    [InlineData(1.0, "high")]
    [InlineData(0.5000001, "high")]
    [InlineData(0.5, "low")]
    [InlineData(0.1, "low")]
    public void The_smallest_key_at_or_above_sigma_counts(double sigma, string expected)
    {
        SigmaBins<string> bins = new([KeyValuePair.Create(0.9, "high"), KeyValuePair.Create(0.5, "low")]);
        Assert.Equal(expected, bins.At(sigma));
    }

    [Fact]
    public void Bins_need_distinct_keys()
    {
        KeyValuePair<double, GuidanceParameters> bin = new(0.5, GuidanceParameters.Distilled);
        Assert.Throws<ArgumentException>(() => new MultiModalGuider([bin, bin]));
        Assert.Throws<ArgumentException>(() => new MultiModalGuider([]));
    }
}
