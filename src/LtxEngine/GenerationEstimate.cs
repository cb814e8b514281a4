namespace LtxEngine;

/// <summary>What a request would make and take, without running it: <see cref="LtxPipeline.EstimateAsync"/>.</summary>
public sealed record GenerationEstimate
{
    /// <summary>Width of the clip in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the clip in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Frames of the clip.</summary>
    public required int NumFrames { get; init; }

    /// <summary>Exact frame rate of the clip.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>Length of the clip.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(NumFrames / FrameRate.FramesPerSecond);

    /// <summary>Whether the clip has sound.</summary>
    public required bool HasAudio { get; init; }

    /// <summary>The stages in the order in which they run.</summary>
    public required IReadOnlyList<StageEstimate> Stages { get; init; }

    /// <summary>Forward passes of the transformer in all stages.</summary>
    public int ForwardPasses => Stages.Sum(stage => stage.ForwardPasses);

    /// <summary>Floating-point operations of all networks in all stages, in 10¹².</summary>
    public double TeraFlops => Stages.Sum(stage => stage.TeraFlops);

    /// <summary>Most memory at one time in bytes: the program itself and the stage that needs most.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The memory that there is, in bytes.</summary>
    public required long MemoryBudgetBytes { get; init; }

    /// <summary>Whether the request can be run; otherwise it is refused with an <see cref="Kernels.OutOfDeviceMemoryException"/>.</summary>
    public bool FitsMemory => PeakMemoryBytes <= MemoryBudgetBytes;

    /// <summary>Where weights would stay between stages.</summary>
    public required WeightResidencyMode Residency { get; init; }

    /// <summary>What the hosted endpoint would count: width · height · frames in megapixels, rounded up.</summary>
    public required long PriceUnits { get; init; }

    /// <summary>What the hosted endpoint would charge, in US dollars: 0.0018 for each unit.</summary>
    public decimal Price => PriceUnits * PricePerUnit;

    /// <summary>Settings that would be ignored or replaced.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Dollars for a unit at the hosted endpoint.</summary>
    internal static decimal PricePerUnit => 0.0018m;
}
