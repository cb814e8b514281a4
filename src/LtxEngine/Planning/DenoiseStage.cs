using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Planning;

/// <summary>One run of the denoise loop: what is denoised, at which noise levels, by which method.</summary>
internal sealed record DenoiseStage
{
    /// <summary>The video latent.</summary>
    public required VideoLatentShape VideoShape { get; init; }

    /// <summary>The audio latent; null without sound.</summary>
    public AudioLatentShape? AudioShape { get; init; }

    /// <summary>Time grid of the audio.</summary>
    public AudioTiming AudioTiming { get; init; } = AudioTiming.Default;

    /// <summary>Frames per second: the model's time axis.</summary>
    public required double Fps { get; init; }

    /// <summary>The noise levels, as the schedule gives them.</summary>
    public required IReadOnlyList<double> Sigmas { get; init; }

    /// <summary>The sampler.</summary>
    public required ISampler Sampler { get; init; }

    /// <summary>The guidance.</summary>
    public required IGuider Guider { get; init; }

    /// <summary>LoRAs on the weights, in the order in which they are added.</summary>
    public IReadOnlyList<LoraUse> Loras { get; init; } = [];

    /// <summary>Whether LoRAs are added to the weights or computed beside them.</summary>
    public LoraMode LoraMode { get; init; } = LoraMode.Fused;

    /// <summary>How LoRAs are added to the weights.</summary>
    public LoraRounding LoraRounding { get; init; } = LoraRounding.Single;

    /// <summary>How much of the start is noise, 0 … 1: 1 where it starts from nothing, the first sigma where it refines a latent.</summary>
    public double NoiseScale { get; init; } = 1;

    /// <summary>How what earlier steps computed is reused; null computes everything.</summary>
    public AccelerationSettings? Acceleration { get; init; }

    /// <summary>What progress calls this loop.</summary>
    public GenerationStage Name { get; init; } = GenerationStage.Denoising;

    /// <summary>Number of steps.</summary>
    public int Steps => Sigmas.Count - 1;
}
