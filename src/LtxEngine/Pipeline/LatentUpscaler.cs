using LtxEngine.Networks.Upsampling;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Doubles height and width of a denoised clip between its two stages. Sound is passed on as it is.</summary>
/// <param name="upsampler">The network.</param>
/// <param name="statistics">The video VAE's statistics: the network works on latents that are not normalised.</param>
internal sealed class LatentUpscaler(NetworkSlot<LatentUpsampler> upsampler, LatentStatistics statistics)
{
    /// <summary>Runs the network over the whole clip at once: its group norms span all frames.</summary>
    /// <param name="latents">The clip after the first stage.</param>
    /// <param name="clock">Is told after every part of the network.</param>
    /// <param name="cancellationToken">Stops within one device operation.</param>
    /// <returns>The clip that the second stage refines.</returns>
    public ClipLatents Upscale(ClipLatents latents, RequestClock clock, CancellationToken cancellationToken)
    {
        using NetworkUse<LatentUpsampler> use = upsampler.Use(cancellationToken);
        int steps = use.Network.Steps;
        HostTensor video = use.Network.UpsampleVideo(
            latents.Video,
            statistics,
            done => clock.Report(new GenerationProgress { Stage = GenerationStage.Upscaling, Step = done, Steps = steps }),
            cancellationToken);
        return latents with { Video = video };
    }
}
