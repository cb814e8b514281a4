using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Pipeline;

/// <summary>A denoise step after the first one allocates no managed memory: guidance, transformer, sampler and progress together.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    private const int Steps = 12;

    [Theory]
    [InlineData(1, "january-15", false)]
    [InlineData(2, "january-15", true)]
    [InlineData(1, "january-29", true)]
    [InlineData(2, "january-29", false)]
    [InlineData(2, "january-15", false, AccelerationLevel.High)]
    public void StepsAfterTheFirstAllocateNothing(int threads, string preset, bool withProgress, AccelerationLevel acceleration = AccelerationLevel.None)
    {
        // The model owns the device.
        using LoadedModel model = LoadedModel.Open(
            new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Residency = WeightResidencyMode.KeepLoaded }, new CpuComputeDevice(threads));
        GenerationRequest request = DemoPipeline.Request with { NumInferenceSteps = Steps, GuidancePreset = preset, Seed = 1, Acceleration = acceleration };
        GenerationPlan plan = GenerationPlanner.Create(request, model.Profile);
        Assert.NotNull(plan.Stage.AudioShape);
        RequestClock clock = new(withProgress ? new CountingProgress() : null);
        EncodedPrompts prompts = new PromptEncoder(model.TextEncoder).Encode(plan, clock, CancellationToken.None);

        // The runtime may load a type in a later step of one run, but not in each run; the test runner's own threads may allocate beside one.
        AllocationObserver observer;
        int runs = 0;
        do
        {
            observer = new AllocationObserver();
            new LatentDenoiser(model.Transformers).Denoise(plan.Stage, prompts, [], initial: null, new NoiseGenerator(1), resume: null, clock, observer, CancellationToken.None);
        }
        while ((observer.OfThread.Any(allocated => allocated != 0) || observer.OfProcess.Min() != 0) && ++runs < 10);

        Assert.Equal(Steps, observer.Steps);
        Assert.Equal(new long[Steps - 1], observer.OfThread);

        // The whole process, other threads of the device included.
        Assert.Equal(0, observer.OfProcess.Min());
    }

    private sealed class AllocationObserver : IStageObserver
    {
        private readonly long[] _thread = new long[AllocationTests.Steps];
        private readonly long[] _process = new long[AllocationTests.Steps];

        public int Steps { get; private set; }

        public IEnumerable<long> OfThread => _thread.Skip(1).Zip(_thread, (after, before) => after - before);

        public IEnumerable<long> OfProcess => _process.Skip(1).Zip(_process, (after, before) => after - before);

        public void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas)
        {
        }

        public void OnStep(SamplerStep step)
        {
            _thread[Steps] = GC.GetAllocatedBytesForCurrentThread();
            _process[Steps] = GC.GetTotalAllocatedBytes(precise: true);
            Steps++;
        }
    }

    private sealed class CountingProgress : IProgress<GenerationProgress>
    {
        private int _blocks;

        public void Report(GenerationProgress value) => _blocks += value.Block;
    }
}
