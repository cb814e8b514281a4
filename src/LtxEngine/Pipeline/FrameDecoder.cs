using LtxEngine.Graphs.VideoVae;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns the video latent into frames of the clip's size, group of tiles by group of tiles.</summary>
/// <param name="decoder">The network.</param>
internal sealed class FrameDecoder(NetworkSlot<VideoVaeDecoder> decoder)
{
    /// <summary>Decodes while it is enumerated; holds the pixels of one group of tiles in time and of one tile.</summary>
    /// <param name="plan">Size and seed.</param>
    /// <param name="latent">The normalised video latent [1, C, f, h, w].</param>
    /// <param name="progress">Told after every tile.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>Chunks of consecutive frames, each overwritten when the next is asked for; frames beyond the clip's number belong to no clip and are to be ignored.</returns>
    public IEnumerable<VideoChunk> Decode(
        GenerationPlan plan, HostTensor latent, IProgress<VideoDecodeProgress>? progress, CancellationToken cancellationToken)
    {
        using NetworkUse<VideoVaeDecoder> use = decoder.Use(cancellationToken);
        VideoDecodeConditioning? conditioning = Conditioning(use.Network, plan.Seed);
        foreach (VideoChunk chunk in use.Network.DecodeStream(latent, VideoTilingOptions.Default, conditioning, progress, cancellationToken))
        {
            // The middle: the model makes multiples of its latent cells only.
            yield return chunk.Crop(plan.Width, plan.Height);
        }
    }

    /// <summary>What a timestep-conditioned decoder needs besides the latent; null for others.</summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">Seed of its noise.</param>
    public static VideoDecodeConditioning? Conditioning(VideoVaeDecoder network, long seed)
    {
        if (!network.Configuration.IsTimestepConditioned)
        {
            return null;
        }

        Diffusion.Noise.NoiseGenerator noise = new(seed);
        return new VideoDecodeConditioning
        {
            Noise = (_, shape) =>
            {
                HostTensor tensor = new(shape, new float[shape.ElementCount]);
                noise.Fill(tensor.Data.AsSpan());
                return tensor;
            },
        };
    }
}
