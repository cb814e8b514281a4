using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Planning;

/// <summary>What planning a request needs to know of a model; no tensor is read for it.</summary>
internal sealed record ModelProfile
{
    /// <summary>What a request takes where it says nothing.</summary>
    public required ModelDefaults Defaults { get; init; }

    /// <summary>Whether the checkpoint is a distilled one: its own sigmas, no guidance.</summary>
    public bool IsDistilled { get; init; }

    /// <summary>Blocks of the transformer.</summary>
    public required int Layers { get; init; }

    /// <summary>Channels of the video latent.</summary>
    public required int VideoLatentChannels { get; init; }

    /// <summary>Pixels and frames per latent cell.</summary>
    public VideoScale Scale { get; init; } = VideoScale.Default;

    /// <summary>Fewest latent rows and columns that the decoder takes.</summary>
    public int SmallestCells { get; init; } = 2;

    /// <summary>Whether the folder has a spatial upscaler: the second stage needs it.</summary>
    public bool HasSpatialUpscaler { get; init; }

    /// <summary>The distilled LoRA; null where the folder has none.</summary>
    public string? DistilledLora { get; init; }

    /// <summary>Whether the second stage runs with the distilled LoRA; otherwise it has the weights of the first.</summary>
    public bool SecondStageNeedsLora { get; init; } = true;

    /// <summary>Camera LoRAs by name, with underscores.</summary>
    public IReadOnlyDictionary<string, string> CameraLoras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether the model makes sound.</summary>
    public bool HasAudio { get; init; } = true;

    /// <summary>Channels of the audio latent.</summary>
    public int AudioLatentChannels { get; init; } = 8;

    /// <summary>Mel bins of the audio latent.</summary>
    public int AudioLatentBins { get; init; } = 16;

    /// <summary>Time grid of the audio.</summary>
    public AudioTiming AudioTiming { get; init; } = AudioTiming.Default;
}
