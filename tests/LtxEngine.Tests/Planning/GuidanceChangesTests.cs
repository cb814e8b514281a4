using LtxEngine.Diffusion.Guidance;
using LtxEngine.Planning;

namespace LtxEngine.Tests.Planning;

public sealed class GuidanceChangesTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "x" };
    private static readonly ModelProfile Model = new() { Defaults = new ModelDefaults(), Layers = 48, VideoLatentChannels = 128 };

    [Fact]
    public void Single_parameters_replace_the_presets()
    {
        GuidanceParameters guidance = GuidanceOf(Request with
        {
            GuidanceScale = 2,
            AudioGuidanceScale = 5,
            StgScale = 0.5,
            StgBlocks = [3, 4],
            StgMode = StgMode.ValuePassThrough,
            ModalityScale = 1,
            RescaleScale = 0.25,
            GuidanceSkipStep = 2,
            CfgVariant = CfgVariant.AdaptiveProjected,
            ApgEta = 0.1,
            ApgNormThreshold = 9,
        });

        Assert.Equal((2.0, 5.0, StgMode.ValuePassThrough), (guidance.Video.CfgScale, guidance.Audio.CfgScale, guidance.StgMode));
        Assert.All([guidance.Video, guidance.Audio], modality =>
        {
            Assert.Equal((0.5, 1.0, 0.25, 2), (modality.StgScale, modality.ModalityScale, modality.RescaleScale, modality.SkipStep));
            Assert.Equal((CfgVariant.AdaptiveProjected, 0.1, 9.0), (modality.CfgVariant, modality.ApgEta, modality.ApgNormThreshold));
            Assert.Equal([3, 4], modality.StgBlocks);
        });
    }

    [Fact]
    public void What_is_not_given_stays_the_presets()
    {
        GuidanceParameters guidance = GuidanceOf(Request with { AudioGuidanceScale = 5 });
        GuidanceParameters preset = GuidanceParameters.January29(48);

        Assert.Equal((3.0, 5.0, 1.0, 3.0, 0.7), (guidance.Video.CfgScale, guidance.Audio.CfgScale, guidance.Audio.StgScale, guidance.Audio.ModalityScale, guidance.Video.RescaleScale));
        Assert.Equal(preset.Video.StgBlocks, guidance.Video.StgBlocks);
    }

    [Fact]
    public void Stg_on_a_preset_without_it_perturbs_the_usual_block() =>
        Assert.Equal([29], GuidanceOf(Request with { GuidancePreset = "january-15", StgScale = 1 }).Video.StgBlocks);

    [Fact]
    public void Values_that_no_run_can_use_are_named_together()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(
            Request with
            {
                AudioGuidanceScale = double.NaN,
                StgScale = double.PositiveInfinity,
                StgBlocks = [48],
                StgMode = (StgMode)9,
                ModalityScale = double.NaN,
                RescaleScale = 1.1,
                GuidanceSkipStep = -1,
                CfgVariant = (CfgVariant)9,
                ApgEta = double.NaN,
                ApgNormThreshold = -1,
            },
            Model));

        Assert.Equal(GuidanceChanges.Fields, error.Errors.Select(e => e.Field));
    }

    [Fact]
    public void Own_guidance_excludes_them_and_a_distilled_checkpoint_ignores_them()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(
            () => GenerationPlanner.Create(Request with { Guidance = GuidanceParameters.January15, StgScale = 1 }, Model));
        Assert.Equal("stg_scale", Assert.Single(error.Errors).Field);

        ModelProfile distilled = Model with { IsDistilled = true, Defaults = new ModelDefaults { GuidancePreset = "distilled", NumInferenceSteps = 8 } };
        GenerationPlan plan = GenerationPlanner.Create(Request with { StgScale = 1 }, distilled);
        Assert.Equal(1, plan.Stage.Guider.MaximumPasses);
        Assert.Contains("stg_scale is ignored", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    private static GuidanceParameters GuidanceOf(GenerationRequest request) =>
        Assert.IsType<MultiModalGuider>(GenerationPlanner.Create(request, Model).Stage.Guider).Bins.Single().Value;
}
