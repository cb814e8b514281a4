using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>What a caller may add to a denoise loop.</summary>
public sealed class DenoiseLoopOptions
{
    /// <summary>Is told after every step.</summary>
    public IProgress<DenoiseProgress>? Progress { get; init; }

    /// <summary>Is shown the latents after every step.</summary>
    public IDenoiseObserver? Observer { get; init; }

    /// <summary>Makes the noise streams that samplers with noise ask for by seed. Default: <see cref="NoiseGenerator"/>.</summary>
    public Func<long, INoiseSource> CreateNoise { get; init; } = static seed => new NoiseGenerator(seed);

    /// <summary>A saved run to go on with; null starts at the first sigma.</summary>
    public DenoiseSnapshot? Resume { get; init; }
}
