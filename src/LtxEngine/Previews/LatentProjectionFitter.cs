using LtxEngine.Diffusion.Noise;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Pipeline;
using LtxEngine.Tensors;

namespace LtxEngine.Previews;

/// <summary>
/// Fits the projection of a model from its own video VAE when a request first wants previews, and keeps it. Used on the device's thread only.
/// </summary>
/// <param name="encoder">Encodes made-up pictures; null where the model has none, then made-up latents take their place.</param>
/// <param name="decoder">Shows what the latents look like.</param>
internal sealed class LatentProjectionFitter(NetworkSlot<VideoVaeEncoder>? encoder, NetworkSlot<VideoVaeDecoder> decoder)
{
    /// <summary>Cells per side of a picture.</summary>
    public const int Side = 8;

    /// <summary>Cells of the pictures for each input of the regression, where that makes no more than <see cref="MostPictures"/>.</summary>
    private const int CellsPerInput = 8;

    /// <summary>With 128 channels 2.7 cells for each input; the ridge makes up for what is missing.</summary>
    private const int MostPictures = 48;

    private const double Ridge = 0.03;
    private const long Seed = 1;
    private LatentProjection? _projection;

    /// <summary>The projection; fitted now if it was not before.</summary>
    /// <param name="cancellationToken">Stops between two operations of a network.</param>
    public LatentProjection Get(CancellationToken cancellationToken) => _projection ??= Fit(cancellationToken);

    private LatentProjection Fit(CancellationToken cancellationToken)
    {
        HostTensor[]? latents = encoder is null ? null : EncodePictures(encoder, cancellationToken);
        using NetworkUse<VideoVaeDecoder> use = decoder.Use(cancellationToken);
        VideoVaeDecoder network = use.Network;
        latents ??= DrawLatents(network.Configuration.LatentChannels);
        return LatentProjection.Fit(
            latents.Select(latent => new PreviewSample(latent, network.Decode(latent, FrameDecoder.Conditioning(network, Seed), cancellationToken))), Ridge);
    }

    private static HostTensor[] EncodePictures(NetworkSlot<VideoVaeEncoder> encoder, CancellationToken cancellationToken)
    {
        using NetworkUse<VideoVaeEncoder> use = encoder.Use(cancellationToken);
        SyntheticPictures pictures = new(Seed);
        int side = Side * use.Network.Configuration.SpaceScale;
        HostTensor[] latents = new HostTensor[Pictures(use.Network.Configuration.LatentChannels)];
        for (int i = 0; i < latents.Length; i++)
        {
            latents[i] = use.Network.Encode(new HostTensor(new TensorShape(1, 3, 1, side, side), pictures.Next(side)), cancellationToken);
        }

        return latents;
    }

    /// <summary>Normalised latents have mean 0 and variance 1 in each channel; from picture to picture more of it is shared by all cells, as in plain areas.</summary>
    private static HostTensor[] DrawLatents(int channels)
    {
        NoiseGenerator noise = new(Seed);
        float[] shared = new float[channels];
        HostTensor[] latents = new HostTensor[Pictures(channels)];
        for (int i = 0; i < latents.Length; i++)
        {
            float share = (float)i / (latents.Length - 1);
            HostTensor latent = HostTensor.Zeros(1, channels, 1, Side, Side);
            noise.Fill(shared.AsSpan());
            noise.Fill(latent.Data.AsSpan());
            for (int value = 0; value < latent.Data.Length; value++)
            {
                latent.Data[value] = (MathF.Sqrt(share) * shared[value / (Side * Side)]) + (MathF.Sqrt(1 - share) * latent.Data[value]);
            }

            latents[i] = latent;
        }

        return latents;
    }

    private static int Pictures(int channels) => Math.Min(MostPictures, (CellsPerInput * LatentProjection.InputsOf(channels) / (Side * Side)) + 1);
}
