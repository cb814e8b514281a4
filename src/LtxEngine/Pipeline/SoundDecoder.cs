using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns the audio latent into a waveform: audio VAE, then vocoder.</summary>
/// <param name="decode">Latent [1, channels, frames, bins] to waveform [1, 2, samples] and its sample rate.</param>
internal sealed class SoundDecoder(Func<HostTensor, CancellationToken, (HostTensor Waveform, int SampleRate)> decode)
{
    /// <summary>Decodes a latent.</summary>
    /// <param name="latent">The normalised audio latent [1, channels, frames, bins].</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>The sound, as long as the latent makes it.</returns>
    public AudioBuffer Decode(HostTensor latent, CancellationToken cancellationToken)
    {
        (HostTensor waveform, int sampleRate) = decode(latent, cancellationToken);
        return new AudioBuffer(waveform.Data, waveform.Shape.Extent(waveform.Shape.Rank - 2), sampleRate);
    }
}
