using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>One pipeline over the demo model for a class of tests.</summary>
public sealed class DemoPipeline : IAsyncLifetime
{
    /// <summary>A clip that takes a fraction of a second.</summary>
    public static GenerationRequest Request { get; } = new()
    {
        Prompt = "a white boat sails on the blue sea",
        Width = 64,
        Height = 64,
        NumFrames = 9,
        NumInferenceSteps = 2,
        Seed = 1,
    };

    /// <summary>The start image of the demo.</summary>
    public static ImageSource Boat { get; } = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"));

    /// <summary>The options of the pipeline.</summary>
    public static LtxPipelineOptions Options { get; } = new() { ModelDirectory = RepositoryPaths.DemoModel };

    public LtxPipeline Pipeline { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Pipeline = await LtxPipeline.LoadAsync(Options);

    public ValueTask DisposeAsync() => Pipeline.DisposeAsync();
}
