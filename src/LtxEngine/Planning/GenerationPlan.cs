using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Planning;

/// <summary>A request with every default filled in and every value checked: what the stages go by.</summary>
internal sealed record GenerationPlan
{
    /// <summary>The request it was made from.</summary>
    public required GenerationRequest Request { get; init; }

    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The negative prompt; null where the guidance never asks for it.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Frames that the clip has at the end.</summary>
    public required int NumFrames { get; init; }

    /// <summary>Frames that the model makes: the next 8n + 1.</summary>
    public required int GeneratedFrames { get; init; }

    /// <summary>Frames per second, as the request gave it: the model's time axis.</summary>
    public required double Fps { get; init; }

    /// <summary>The exact rate of the file.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>The noise levels, as the schedule gives them.</summary>
    public required IReadOnlyList<double> Sigmas { get; init; }

    /// <summary>The sampler.</summary>
    public required ISampler Sampler { get; init; }

    /// <summary>The guidance.</summary>
    public required IGuider Guider { get; init; }

    /// <summary>The seed, drawn where the request has none.</summary>
    public required long Seed { get; init; }

    /// <summary>The video latent.</summary>
    public required VideoLatentShape VideoShape { get; init; }

    /// <summary>The audio latent; null without sound.</summary>
    public AudioLatentShape? AudioShape { get; init; }

    /// <summary>Time grid of the audio.</summary>
    public AudioTiming AudioTiming { get; init; } = AudioTiming.Default;

    /// <summary>What the user should know although the request can be run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Number of denoising steps.</summary>
    public int Steps => Sigmas.Count - 1;
}
