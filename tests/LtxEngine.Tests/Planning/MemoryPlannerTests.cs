using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Planning;

/// <summary>What is computed before loading is what loading then takes.</summary>
public sealed class MemoryPlannerTests : IDisposable
{
    private const long Ample = 1L << 40;

    private readonly LtxCheckpoint _checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));
    private readonly CpuComputeDevice _device = new(1);

    public void Dispose()
    {
        _device.Dispose();
        _checkpoint.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Transformer_weights_take_what_the_headers_say(bool isStreamed)
    {
        TransformerOptions options = new() { Residency = isStreamed ? WeightResidency.StreamedAhead(2) : WeightResidency.Resident };
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(_checkpoint, _device, options);
        TransformerMemory memory = new(_checkpoint, transformer.Structure);
        if (!isStreamed)
        {
            AssertNear(memory.Globals + memory.AllBlocks, _device.AllocatedBytes);
            return;
        }

        // The loader works beside this thread: wait until its window is full, then nothing more is loaded.
        long full = memory.Globals + (3 * memory.LargestBlock);
        SpinWait.SpinUntil(() => _device.AllocatedBytes > 0.97 * full, HangLimit.Time);
        AssertNear(full, _device.AllocatedBytes);
        Assert.InRange(memory.Streamed(3), full, memory.Globals + memory.AllBlocks);
    }

    [Theory]
    [InlineData(24, 7)]
    [InlineData(640, 40)]
    public void A_workspace_takes_what_the_shapes_say(int videoTokens, int audioTokens)
    {
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(_checkpoint, _device);
        TransformerMemory memory = new(_checkpoint, transformer.Structure);
        long before = _device.AllocatedBytes;

        using TransformerWorkspace workspace = transformer.CreateWorkspace(videoTokens, new float[videoTokens * 6], audioTokens, new float[audioTokens * 2]);

        AssertNear(memory.Workspace(videoTokens, audioTokens, NetworkLimits.Default), _device.AllocatedBytes - before);
    }

    [Fact]
    public void Keys_and_values_of_a_prompt_take_what_the_shapes_say()
    {
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(_checkpoint, _device);
        TransformerMemory memory = new(_checkpoint, transformer.Structure);
        long before = _device.AllocatedBytes;

        using TextConditioning text = transformer.PrepareText(
            new float[32 * transformer.Structure.Video.ContextWidth], new float[16 * transformer.Structure.Audio!.ContextWidth], cancellationToken: CancellationToken.None);

        AssertNear(memory.Text(32, 16), _device.AllocatedBytes - before);
    }

    [Fact]
    public void The_first_residency_that_fits_is_taken()
    {
        using LoadedModel model = Open(Ample);
        GenerationPlan plan = GenerationPlanner.Create(DemoPipeline.Request, model.Profile);
        MemoryPlan ample = model.PlanMemory(plan);
        MemoryPlan freed = Planned(model.Files, WeightResidencyMode.FreeAfterUse, plan);
        MemoryPlan streamed = Planned(model.Files, WeightResidencyMode.StreamBlocks, plan);
        Assert.Equal(WeightResidencyMode.KeepLoaded, ample.Residency);
        Assert.True(streamed.PeakBytes <= freed.PeakBytes && freed.PeakBytes < ample.PeakBytes);

        Assert.Equal(WeightResidencyMode.KeepLoaded, WithBudget(model.Files, ample.PeakBytes, plan).Residency);
        Assert.Equal(WeightResidencyMode.FreeAfterUse, WithBudget(model.Files, ample.PeakBytes - 1, plan).Residency);
        Assert.Equal(WeightResidencyMode.FreeAfterUse, WithBudget(model.Files, freed.PeakBytes, plan).Residency);
    }

    [Fact]
    public void A_larger_clip_needs_more_and_a_stage_is_the_sum_of_its_parts()
    {
        using LoadedModel model = Open(Ample);
        MemoryPlan small = model.PlanMemory(GenerationPlanner.Create(DemoPipeline.Request, model.Profile));
        MemoryPlan large = model.PlanMemory(GenerationPlanner.Create(DemoPipeline.Request with { Width = 512, Height = 512, NumFrames = 97 }, model.Profile));

        Assert.Equal(small.Stages.Select(stage => stage.Stage), large.Stages.Select(stage => stage.Stage));
        Assert.All(small.Stages.Zip(large.Stages), pair => Assert.True(pair.First.Working <= pair.Second.Working));
        Assert.All(large.Stages, stage => Assert.Equal(stage.Weights + stage.Working + stage.Kept, stage.Total));
        Assert.Equal(MemoryPlan.ProgramBytes + large.Stages.Max(stage => stage.Total), large.PeakBytes);

        // All networks stay, so every stage counts the same weights.
        Assert.Single(large.Stages.Select(stage => stage.Weights + stage.Kept).Distinct());
    }

    [Fact]
    public async Task What_cannot_fit_is_refused_with_the_sum_and_nothing_is_loaded()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, MemoryBudget = 64L << 20 });

        OutOfDeviceMemoryException exception = await Assert.ThrowsAsync<OutOfDeviceMemoryException>(() => pipeline.GenerateAsync(DemoPipeline.Request));

        Assert.True(exception.RequestedBytes > MemoryPlan.ProgramBytes);
        Assert.Contains("0.06 GiB (the memory budget)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Denoising", exception.Message, StringComparison.Ordinal);
        Assert.Contains("(most)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("blocks are streamed", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, pipeline.LoadedNetworks);
    }

    [Fact]
    public async Task A_tight_budget_frees_networks_and_gives_the_same_clip()
    {
        using LoadedModel model = Open(Ample);
        GenerationPlan plan = GenerationPlanner.Create(DemoPipeline.Request, model.Profile);
        long budget = Planned(model.Files, WeightResidencyMode.FreeAfterUse, plan).PeakBytes;
        await using LtxPipeline tight = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, MemoryBudget = budget });
        await using LtxPipeline ample = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, MemoryBudget = Ample });

        GenerationResult expected = await ample.GenerateAsync(DemoPipeline.Request);
        GenerationResult actual = await tight.GenerateAsync(DemoPipeline.Request);

        Assert.Equal(expected.Latents.Video.Data, actual.Latents.Video.Data);
        Assert.Equal(0, tight.LoadedNetworks);
        Assert.True(ample.LoadedNetworks > 0);
    }

    [Fact]
    public void A_budget_below_a_mebibyte_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LtxPipelineOptions { ModelDirectory = ".", MemoryBudget = (1L << 20) - 1 });

    [Fact]
    public void The_machine_gives_at_least_what_the_process_uses() =>
        Assert.InRange(MachineMemory.AvailableBytes(), 1L << 26, 1L << 50);

    private static LoadedModel Open(long budget) =>
        LoadedModel.Open(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, MemoryBudget = budget }, new CpuComputeDevice(1));

    private MemoryPlan Planned(ModelFiles files, WeightResidencyMode residency, GenerationPlan plan) =>
        new MemoryPlanner(files, _checkpoint, Ample).Plan(plan, residency);

    private MemoryPlan WithBudget(ModelFiles files, long budget, GenerationPlan plan) =>
        new MemoryPlanner(files, _checkpoint, budget).Plan(plan, WeightResidencyMode.Auto);

    /// <summary>Devices round sizes up to cache lines and panels.</summary>
    private static void AssertNear(long expected, long actual) => Assert.InRange(actual / (double)expected, 0.97, 1.03);
}
