using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Diffusion.Tests.Samplers;

public sealed class SamplerTests
{
    private static readonly IGuider NoGuidance = new MultiModalGuider(GuidanceParameters.Distilled);

    public static TheoryData<string> Names => ["euler", "gradient-estimation", "res_2s"];

    internal static ISampler Create(string name) => name switch
    {
        "euler" => new EulerSampler(),
        "gradient-estimation" => new GradientEstimatingEulerSampler(),
        _ => new Res2sSampler(),
    };

    [Fact]
    public void Euler_follows_the_straight_line_of_a_constant_prediction() =>
        Prop.ForAll(
            Gen.Choose(1, 12).ToArbitrary(),
            steps =>
            {
                AudioVideoState state = new(new LatentState(Modality.Video, 4, 4, 3, 3), null);
                new Diffusion.Noise.NoiseGenerator(steps).Fill(state.Video.Latent);
                float[] start = state.Video.Latent.ToArray();
                double[] sigmas = new LtxSigmaSchedule().GetSigmas(steps, 4096);
                LineObserver observer = new(start, sigmas);
                new DenoiseLoop(new LinearDenoiser { Slope = 0 }, NoGuidance, new EulerSampler())
                    .Run(state, sigmas, new DenoiseLoopOptions { Observer = observer });
                return observer.LargestDifference < 3e-6;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Gradient_estimation_with_gamma_one_is_euler()
    {
        float[] euler = RunLoop(new EulerSampler(), 6);
        float[] estimated = RunLoop(new GradientEstimatingEulerSampler(1), 6);
        for (int i = 0; i < euler.Length; i++)
        {
            Assert.Equal(euler[i], estimated[i], 1e-5f);
        }
    }

    [Fact]
    public void Gradient_estimation_extrapolates_the_velocity()
    {
        // One value: x = 1, predictions x0 = x/2 + 0.2, sigmas 1, 0.5, 0.25 by hand.
        AudioVideoState state = new(new LatentState(Modality.Video, 1, 1, 1, 3), null);
        state.Video.Latent[0] = 1;
        new DenoiseLoop(new LinearDenoiser(), NoGuidance, new GradientEstimatingEulerSampler(2)).Run(state, [1, 0.5, 0.25]);
        double u0 = 1 - 0.7;
        double x1 = 1 - (0.5 * u0);
        double u1 = (x1 - ((x1 / 2) + 0.2)) / 0.5;
        double x2 = x1 - (0.25 * ((2 * (u1 - u0)) + u0));
        Assert.Equal(x2, state.Video.Latent[0], 1e-6);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1e-12, 1)]
    [InlineData(-1, 0.632120559)]
    [InlineData(-0.2, 0.906346235)]
    public void Phi_one_has_its_values(double z, double expected) => Assert.Equal(expected, Res2sSampler.PhiOne(z), 1e-9);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(-1, 0.367879441)]
    [InlineData(-0.2, 0.468268827)]
    public void Phi_two_has_its_values(double z, double expected) => Assert.Equal(expected, Res2sSampler.PhiTwo(z), 1e-9);

    [Fact]
    public void Res_2s_inserts_its_last_sigma_before_zero_only()
    {
        Res2sSampler sampler = new();
        Assert.Equal([1, 0.5, 0.0011, 0], sampler.PrepareSigmas([1, 0.5, 0]));
        Assert.Equal([1, 0.5], sampler.PrepareSigmas([1, 0.5]));
        Assert.Throws<ArgumentException>(() => sampler.PrepareSigmas([1, 0.001, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Res2sSampler { AnchorIterations = -1 }.PrepareSigmas([1, 0]));
    }

    [Fact]
    public void Res_2s_evaluates_twice_per_step_and_once_at_the_end()
    {
        LinearDenoiser denoiser = new();
        new DenoiseLoop(denoiser, NoGuidance, new Res2sSampler()).Run(TestStates.Create(), [1, 0.64, 0.25, 0]);
        Assert.Equal([1, 0.8, 0.64, 0.4, 0.25, Math.Sqrt(0.25 * 0.0011), 0.0011], denoiser.Passes.Select(pass => pass.Sigma));
    }

    [Fact]
    public void Res_2s_noise_depends_on_its_seeds_only()
    {
        Assert.Equal(RunLoop(new Res2sSampler(), 4), RunLoop(new Res2sSampler(), 4));
        Assert.NotEqual(RunLoop(new Res2sSampler(), 4), RunLoop(new Res2sSampler { StepSeed = 5 }, 4));
        Assert.NotEqual(RunLoop(new Res2sSampler(), 4), RunLoop(new Res2sSampler { SubstepSeed = 5 }, 4));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kept_tokens_do_not_change(string name)
    {
        AudioVideoState state = TestStates.Create();
        float[] kept = state.Video.CleanLatent[..state.Video.Channels].ToArray();
        Loop(Create(name)).Run(state, new LtxSigmaSchedule().GetSigmas(6, 4096));
        float[] after = state.Video.Latent[..state.Video.Channels].ToArray();
        for (int i = 0; i < kept.Length; i++)
        {
            Assert.Equal(kept[i], after[i], 1e-7f);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_result_is_the_last_blended_prediction(string name)
    {
        AudioVideoState state = new(new LatentState(Modality.Video, 3, 3, 7, 3), null);
        new Diffusion.Noise.NoiseGenerator(4).Fill(state.Video.Latent);
        new DenoiseLoop(new LinearDenoiser { Slope = 0 }, NoGuidance, Create(name)).Run(state, new LtxSigmaSchedule().GetSigmas(5, 4096));
        for (int i = 0; i < state.Video.Latent.Length; i++)
        {
            Assert.Equal(0.2f + (0.01f * (i % 7)), state.Video.Latent[i], 2e-6f);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Impossible_gammas_are_refused(double gamma) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientEstimatingEulerSampler(gamma));

    private static float[] RunLoop(ISampler sampler, int steps)
    {
        AudioVideoState state = TestStates.Create();
        Loop(sampler).Run(state, new LtxSigmaSchedule().GetSigmas(steps, 4096));
        return TestStates.Latents(state);
    }

    private static DenoiseLoop Loop(ISampler sampler) => new(new LinearDenoiser(), NoGuidance, sampler);

    /// <summary>Measures how far the latents are from <c>x0 + σ·(start − x0)/σ_0</c>.</summary>
    private sealed class LineObserver(float[] start, double[] sigmas) : IDenoiseObserver
    {
        public double LargestDifference { get; private set; }

        public void OnStep(SamplerStep step)
        {
            for (int i = 0; i < start.Length; i++)
            {
                double target = 0.2 + (0.01 * (i % 7));
                double expected = target + ((start[i] - target) * sigmas[step.Index + 1] / sigmas[0]);
                LargestDifference = Math.Max(LargestDifference, Math.Abs(expected - step.State.Video.Latent[i]));
            }
        }
    }
}
