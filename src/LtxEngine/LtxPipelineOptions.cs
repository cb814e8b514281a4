using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LtxEngine;

/// <summary>How a model is loaded. Immutable; one object may load any number of pipelines.</summary>
public sealed class LtxPipelineOptions
{
    private readonly int _threads;
    private readonly long? _memoryBudget;

    /// <summary>
    /// The model folder. What is in it says its <c>ltx-model.json</c>; without that file the published file names decide.
    /// </summary>
    public required string ModelDirectory { get; init; }

    /// <summary>Which device computes. Default <see cref="ComputeDevice.Auto"/>.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Auto;

    /// <summary>Threads on the processor, 0 … 1024. Default 0: one per core. Never changes a result.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int Threads
    {
        get => _threads;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1024);
            _threads = value;
        }
    }

    /// <summary>In which numbers products are computed. Default <see cref="ComputeType.Single"/>, so that a request gives the same result on every machine.</summary>
    public ComputeType ComputeType { get; init; } = ComputeType.Single;

    /// <summary>How the text model runs. Default <see cref="TextModelExecution.Auto"/>.</summary>
    public TextModelExecution TextModel { get; init; } = TextModelExecution.Auto;

    /// <summary>Whether networks stay in memory between stages and requests. Never changes a result.</summary>
    public WeightResidencyMode Residency { get; init; } = WeightResidencyMode.Auto;

    /// <summary>
    /// Most bytes of memory that the process may use for a request, 2²⁰ or more; null for what the machine or its container can give when the
    /// model is loaded. Decides where weights stay unless <see cref="Residency"/> does, and refuses what does not fit before it is loaded.
    /// Pages of mapped files are not counted: the system takes them back when it needs them. Never changes a result.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below the range.</exception>
    public long? MemoryBudget
    {
        get => _memoryBudget;
        init
        {
            if (value is { } bytes)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1L << 20);
            }

            _memoryBudget = value;
        }
    }

    /// <summary>Where ffmpeg is, and how long it may stand still. Default: ffmpeg on PATH.</summary>
    public FfmpegOptions Ffmpeg { get; init; } = new();

    /// <summary>Receives the time of every operation; null, the default, measures nothing.</summary>
    public TimingProfile? Profile { get; init; }

    /// <summary>Limits for images.</summary>
    public ImageDecodingOptions ImageDecoding { get; init; } = new();

    /// <summary>Judges requests that switch the safety checker on. Null (default): <see cref="PromptRules"/> and the image classifier of the model folder. Stays the caller's.</summary>
    public ISafetyChecker? SafetyChecker { get; init; }

    /// <summary>What the engine's own safety checker refuses in prompts. Null (default): the rules of the model folder, or <see cref="PromptRules.Default"/>.</summary>
    public PromptRules? PromptRules { get; init; }

    /// <summary>Receives log lines. Default: none.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal LtxPipelineOptions WithServices(ILoggerFactory? loggerFactory, ISafetyChecker? safetyChecker) => new()
    {
        ModelDirectory = ModelDirectory,
        Device = Device,
        Threads = Threads,
        ComputeType = ComputeType,
        TextModel = TextModel,
        Residency = Residency,
        MemoryBudget = MemoryBudget,
        Ffmpeg = Ffmpeg,
        Profile = Profile,
        ImageDecoding = ImageDecoding,
        SafetyChecker = SafetyChecker ?? safetyChecker,
        PromptRules = PromptRules,
        LoggerFactory = ReferenceEquals(LoggerFactory, NullLoggerFactory.Instance) ? loggerFactory ?? LoggerFactory : LoggerFactory,
    };
}
