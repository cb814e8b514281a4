using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Diffusion.Tests.Samplers;

/// <summary>Small noised states.</summary>
internal static class TestStates
{
    /// <summary>Video of 9 tokens (the first kept, the second half kept) and audio of 5, from a fixed seed.</summary>
    public static AudioVideoState Create(bool audio = true) =>
        new(CreateStream(Modality.Video, 9, 6, 1), audio ? CreateStream(Modality.Audio, 5, 4, 2) : null);

    /// <summary>All latents, video first.</summary>
    public static float[] Latents(AudioVideoState state) => [.. state.Streams.ToArray().SelectMany(stream => stream.Latent.ToArray())];

    private static LatentState CreateStream(Modality modality, int tokens, int channels, long seed)
    {
        LatentState state = new(modality, tokens, tokens, channels, modality == Modality.Video ? 3 : 1);
        new NoiseGenerator(seed).Fill(state.Latent);
        if (modality == Modality.Video)
        {
            state.DenoiseMask[0] = 0;
            state.DenoiseMask[1] = 0.5f;
            for (int channel = 0; channel < channels; channel++)
            {
                state.CleanLatent[channel] = state.Latent[channel] = 0.25f * channel;
                state.CleanLatent[channels + channel] = -0.25f * channel;
            }
        }

        return state;
    }
}
