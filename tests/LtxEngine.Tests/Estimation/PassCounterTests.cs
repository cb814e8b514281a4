using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Estimation;
using LtxEngine.Planning;

namespace LtxEngine.Tests.Estimation;

public sealed class PassCounterTests
{
    private static readonly ModelProfile Model = new() { Defaults = new ModelDefaults(), Layers = 48, VideoLatentChannels = 128 };

    [Theory]
    [InlineData("january-29", 40, true, 160)]
    [InlineData("january-29", 40, false, 120)]
    [InlineData("january-15", 40, true, 80)]
    [InlineData("distilled", 8, true, 8)]
    public void A_preset_runs_its_passes_in_every_step(string preset, int steps, bool audio, int passes)
    {
        GenerationRequest request = new() { Prompt = "x", GuidancePreset = preset, NumInferenceSteps = steps, GenerateAudio = audio };

        Assert.Equal(passes, Count(request));
    }

    [Fact]
    public void Skipped_steps_run_nothing() =>
        Assert.Equal(4 * 14, Count(new GenerationRequest { Prompt = "x", NumInferenceSteps = 40, GuidanceSkipStep = 2 }));

    [Fact]
    public void A_sampler_of_two_evaluations_runs_twice() =>
        Assert.Equal((2 * 10) + 1, Count(new GenerationRequest { Prompt = "x", NumInferenceSteps = 10, GuidancePreset = "distilled", Sampler = new Res2sSampler() }));

    [Fact]
    public void An_own_guider_is_asked_itself() =>
        Assert.Equal(3 * 5, Count(new GenerationRequest { Prompt = "x", NumInferenceSteps = 5, Guider = new ThreePasses() }));

    private static int Count(GenerationRequest request) => PassCounter.Count(GenerationPlanner.Create(request, Model).Stage, CancellationToken.None).Values.Sum();

    private sealed class ThreePasses : IGuider
    {
        public int MaximumPasses => 3;

        public void Guide(GuidanceStep step)
        {
            for (int i = 0; i < MaximumPasses; i++)
            {
                step.Predict(GuidancePass.Conditional);
            }
        }
    }
}
