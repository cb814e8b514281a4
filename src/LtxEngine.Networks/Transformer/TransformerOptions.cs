using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>How a transformer is loaded.</summary>
internal sealed record TransformerOptions
{
    /// <summary>Leaves the audio stream of an audio-video checkpoint out. A video-only checkpoint is recognised without it.</summary>
    public bool VideoOnly { get; init; }

    /// <summary>
    /// Rounds the input of every layer that stores an <c>input_scale</c> to fp8, as a device with fp8 products does. Off, the stored scales
    /// are ignored: the weights are the only thing that is quantised, which is closer to the original model.
    /// </summary>
    public bool QuantiseInputs { get; init; }

    /// <summary>Where the blocks' weights are kept.</summary>
    public WeightResidency Residency { get; init; } = WeightResidency.Resident;

    /// <summary>How long one device operation may be.</summary>
    public NetworkLimits Limits { get; init; } = NetworkLimits.Default;

    /// <summary>Called with (loaded blocks, all blocks) while resident weights are loaded.</summary>
    public Action<int, int>? BlockLoaded { get; init; }
}
