using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Testing;

namespace LtxEngine.Diffusion.Tests.Samplers;

public sealed class DenoiseLoopTests
{
    private static readonly double[] Sigmas = new LtxSigmaSchedule().GetSigmas(6, 4096);

    public static TheoryData<string> Names => SamplerTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Steps_after_the_first_allocate_nothing(string sampler)
    {
        double[] sigmas = new LtxSigmaSchedule().GetSigmas(20, 4096);
        DenoiseLoop loop = new(new LinearDenoiser { Record = false }, new MultiModalGuider(GuidanceParameters.January29(48)), SamplerTests.Create(sampler));

        int steps = 0;
        Assert.Equal(0, SteadyAllocation.OfMeasured(() =>
        {
            AllocationObserver observer = new(20);
            loop.Run(TestStates.Create(), sigmas, new DenoiseLoopOptions { Observer = observer, Progress = observer });
            steps = observer.Steps;
            return observer.AllocatedAfterFirstStep;
        }));
        Assert.Equal(20, steps - (sampler == "res_2s" ? 1 : 0));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_saved_run_goes_on_to_the_same_bits(string sampler)
    {
        GuidanceParameters guidance = new()
        {
            Video = new ModalityGuidance { CfgScale = 3, SkipStep = 2 },
            Audio = new ModalityGuidance { CfgScale = 2, SkipStep = 1 },
        };
        DenoiseLoop loop = new(new LinearDenoiser(), new MultiModalGuider(guidance), SamplerTests.Create(sampler));
        AudioVideoState whole = TestStates.Create();
        SnapshotObserver observer = new();
        loop.Run(whole, Sigmas, new DenoiseLoopOptions { Observer = observer });
        Assert.True(observer.Snapshots.Count >= 6);
        foreach (DenoiseSnapshot snapshot in observer.Snapshots)
        {
            AudioVideoState resumed = TestStates.Create();
            loop.Run(resumed, Sigmas, new DenoiseLoopOptions { Resume = snapshot });
            Assert.Equal(TestStates.Latents(whole), TestStates.Latents(resumed));
        }
    }

    [Fact]
    public void A_saved_run_of_other_sizes_is_refused()
    {
        DenoiseLoop loop = CreateLoop(new LinearDenoiser(), GuidanceParameters.Distilled);
        SnapshotObserver observer = new();
        loop.Run(TestStates.Create(), Sigmas, new DenoiseLoopOptions { Observer = observer });
        DenoiseSnapshot saved = observer.Snapshots[2];
        Assert.Throws<ArgumentException>(() => loop.Run(TestStates.Create(audio: false), Sigmas, new DenoiseLoopOptions { Resume = saved }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => loop.Run(TestStates.Create(), Sigmas, new DenoiseLoopOptions { Resume = saved with { CompletedSteps = 7 } }));
        DenoiseSnapshotStream shortStream = saved.Streams[0] with { Latent = new float[3] };
        Assert.Throws<ArgumentException>(
            () => loop.Run(TestStates.Create(), Sigmas, new DenoiseLoopOptions { Resume = saved with { Streams = [shortStream, saved.Streams[1]] } }));
    }

    [Fact]
    public void Without_audio_the_video_is_the_same_and_nothing_of_audio_is_asked_for()
    {
        AudioVideoState both = TestStates.Create();
        AudioVideoState silent = TestStates.Create(audio: false);
        LinearDenoiser denoiser = new();
        GuidanceParameters guidance = GuidanceParameters.ForCfg(4);
        CreateLoop(new LinearDenoiser(), guidance).Run(both, Sigmas);
        CreateLoop(denoiser, guidance).Run(silent, Sigmas);
        Assert.Equal(both.Video.Latent.ToArray(), silent.Video.Latent.ToArray());
        Assert.All(denoiser.Passes, pass => Assert.False(pass.AudioEnabled));
    }

    [Fact]
    public void Full_guidance_runs_four_passes_in_order()
    {
        LinearDenoiser denoiser = new();
        CreateLoop(denoiser, GuidanceParameters.January29(48)).Run(TestStates.Create(), [1, 0.5, 0]);
        Assert.Equal(8, denoiser.Passes.Count);
        RecordedPass[] step = [.. denoiser.Passes.Where(pass => pass.StepIndex == 1)];
        Assert.Equal([0, 1, 2, 3], step.Select(pass => pass.PassIndex));
        Assert.Equal(
            [PromptContext.Positive, PromptContext.Negative, PromptContext.Positive, PromptContext.Positive], step.Select(pass => pass.Pass.Context));
        Assert.Equal([29], step[2].Pass.PerturbedVideoBlocks);
        Assert.Equal([29], step[2].Pass.PerturbedAudioBlocks);
        Assert.Equal(StgMode.ResidualSkip, step[2].Pass.StgMode);
        Assert.True(step[3].Pass.IsolateModalities);
        Assert.All(denoiser.Passes, pass => Assert.True(pass.VideoEnabled && pass.AudioEnabled));
    }

    [Fact]
    public void Without_audio_no_pass_isolates_the_modalities()
    {
        LinearDenoiser denoiser = new();
        CreateLoop(denoiser, GuidanceParameters.January29(48)).Run(TestStates.Create(audio: false), [1, 0]);
        Assert.Equal(3, denoiser.Passes.Count);
        Assert.DoesNotContain(denoiser.Passes, pass => pass.Pass.IsolateModalities);
    }

    [Fact]
    public void Each_stream_is_perturbed_only_where_its_own_scale_is_on()
    {
        LinearDenoiser denoiser = new();
        GuidanceParameters guidance = new()
        {
            Video = new ModalityGuidance { StgBlocks = [1, 2] },
            Audio = new ModalityGuidance { StgScale = 1, StgBlocks = [3] },
            StgMode = StgMode.ValuePassThrough,
        };
        CreateLoop(denoiser, guidance).Run(TestStates.Create(), [1, 0]);
        GuidancePass perturbed = denoiser.Passes[1].Pass;
        Assert.Empty(perturbed.PerturbedVideoBlocks);
        Assert.Equal([3], perturbed.PerturbedAudioBlocks);
        Assert.Equal(StgMode.ValuePassThrough, perturbed.StgMode);
    }

    [Fact]
    public void A_skipped_stream_is_disabled_except_in_the_negative_pass_and_keeps_its_prediction()
    {
        LinearDenoiser denoiser = new();
        GuidanceParameters guidance = new()
        {
            Video = new ModalityGuidance { CfgScale = 3, SkipStep = 1 },
            Audio = new ModalityGuidance { CfgScale = 2, StgScale = 1, StgBlocks = [0] },
        };
        CreateLoop(denoiser, guidance).Run(TestStates.Create(), [1, 0.7, 0.4, 0]);
        Assert.Equal(
            [(0, true), (0, true), (0, true), (1, false), (1, true), (1, false), (2, true), (2, true), (2, true)],
            denoiser.Passes.Select(pass => (pass.StepIndex, pass.VideoEnabled)));
        Assert.All(denoiser.Passes, pass => Assert.True(pass.AudioEnabled));
    }

    [Fact]
    public void When_both_streams_skip_no_pass_runs()
    {
        LinearDenoiser denoiser = new();
        ModalityGuidance skipping = new() { CfgScale = 3, SkipStep = 1 };
        CreateLoop(denoiser, new GuidanceParameters { Video = skipping, Audio = skipping }).Run(TestStates.Create(), [1, 0.7, 0.4, 0.2, 0]);
        Assert.Equal([0, 0, 2, 2], denoiser.Passes.Select(pass => pass.StepIndex));
    }

    [Fact]
    public void Guidance_can_depend_on_sigma()
    {
        LinearDenoiser denoiser = new();
        MultiModalGuider guider = new([KeyValuePair.Create(1.0, GuidanceParameters.ForCfg(4)), KeyValuePair.Create(0.5, GuidanceParameters.Distilled)]);
        Assert.Equal(2, guider.MaximumPasses);
        new DenoiseLoop(denoiser, guider, new EulerSampler()).Run(TestStates.Create(), [1, 0.6, 0.5, 0]);
        Assert.Equal([1.0, 1.0, 0.6, 0.6, 0.5], denoiser.Passes.Select(pass => pass.Sigma));
    }

    [Fact]
    public void Progress_is_told_after_every_step()
    {
        List<DenoiseProgress> reports = [];
        CreateLoop(new LinearDenoiser(), GuidanceParameters.Distilled).Run(
            TestStates.Create(), [1, 0.5, 0], new DenoiseLoopOptions { Progress = new ListProgress(reports) });
        Assert.Equal([new DenoiseProgress(1, 2, 0.5), new DenoiseProgress(2, 2, 0)], reports);
    }

    [Fact]
    public void A_cancelled_loop_runs_no_further_pass()
    {
        using CancellationTokenSource source = new();
        LinearDenoiser denoiser = new()
        {
            BeforePass = request =>
            {
                if (request is { StepIndex: 1, PassIndex: 1 })
                {
                    source.Cancel();
                }
            },
        };
        DenoiseLoop loop = CreateLoop(denoiser, GuidanceParameters.January29(48));
        Assert.Throws<OperationCanceledException>(() => loop.Run(TestStates.Create(), Sigmas, cancellationToken: source.Token));
        Assert.Equal(6, denoiser.Passes.Count);
        Assert.Throws<OperationCanceledException>(() => loop.Run(TestStates.Create(), Sigmas, cancellationToken: source.Token));
        Assert.Equal(6, denoiser.Passes.Count);
    }

    [Fact]
    public void Schedules_that_are_none_are_refused()
    {
        DenoiseLoop loop = CreateLoop(new LinearDenoiser(), GuidanceParameters.Distilled);
        Assert.Throws<ArgumentException>(() => loop.Run(TestStates.Create(), [1]));
        Assert.Throws<ArgumentException>(() => loop.Run(TestStates.Create(), [0.5, 1]));
        Assert.Throws<ArgumentException>(() => loop.Run(TestStates.Create(), [double.NaN, 0]));
    }

    [Fact]
    public void A_sampler_cannot_evaluate_at_sigma_zero_or_use_unknown_buffers()
    {
        DenoiseLoop zero = new(new LinearDenoiser(), new MultiModalGuider(GuidanceParameters.Distilled), new DelegateSampler(step => step.Evaluate(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => zero.Run(TestStates.Create(), [1, 0]));
        DenoiseLoop buffer = new(
            new LinearDenoiser(), new MultiModalGuider(GuidanceParameters.Distilled), new DelegateSampler(step => step.Streams[0].Scratch(16)));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Run(TestStates.Create(), [1, 0]));
    }

    private static DenoiseLoop CreateLoop(IDenoiser denoiser, GuidanceParameters guidance) =>
        new(denoiser, new MultiModalGuider(guidance), new EulerSampler());

    private sealed class ListProgress(List<DenoiseProgress> reports) : IProgress<DenoiseProgress>
    {
        public void Report(DenoiseProgress value) => reports.Add(value);
    }

    private sealed class DelegateSampler(Action<SamplerStep> step) : ISampler
    {
        public void Step(SamplerStep current) => step(current);
    }

    private sealed class SnapshotObserver : IDenoiseObserver
    {
        public List<DenoiseSnapshot> Snapshots { get; } = [];

        public void OnStep(SamplerStep step) => Snapshots.Add(step.CreateSnapshot());
    }

    private sealed class AllocationObserver(int capacity) : IDenoiseObserver, IProgress<DenoiseProgress>
    {
        private readonly long[] _allocated = new long[capacity + 1];

        public int Steps { get; private set; }

        public long AllocatedAfterFirstStep => _allocated[Steps - 1] - _allocated[0];

        public void OnStep(SamplerStep step) => _allocated[Steps++] = GC.GetAllocatedBytesForCurrentThread();

        public void Report(DenoiseProgress value)
        {
        }
    }
}
