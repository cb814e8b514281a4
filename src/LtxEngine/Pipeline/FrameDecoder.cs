using LtxEngine.Graphs.VideoVae;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns the video latent into frames, group of tiles by group of tiles.</summary>
/// <param name="decoder">The network.</param>
internal sealed class FrameDecoder(NetworkSlot<VideoVaeDecoder> decoder)
{
    /// <summary>Decodes while it is enumerated; holds the pixels of two groups of tiles at most.</summary>
    /// <param name="plan">Number of frames and seed.</param>
    /// <param name="latent">The normalised video latent [1, C, f, h, w].</param>
    /// <param name="progress">Told after every tile.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>Chunks of consecutive frames; frames beyond the clip's number belong to no clip and are to be ignored.</returns>
    public IEnumerable<VideoChunk> Decode(
        GenerationPlan plan, HostTensor latent, IProgress<VideoDecodeProgress>? progress, CancellationToken cancellationToken)
    {
        using NetworkUse<VideoVaeDecoder> use = decoder.Use(cancellationToken);
        VideoDecodeConditioning? conditioning = use.Network.Configuration.IsTimestepConditioned ? SeededConditioning(plan.Seed) : null;
        foreach (VideoChunk chunk in use.Network.DecodeStream(latent, VideoTilingOptions.Default, conditioning, progress, cancellationToken))
        {
            yield return chunk;
        }
    }

    private static VideoDecodeConditioning SeededConditioning(long seed)
    {
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
