using LtxEngine.Graphs.Audio;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns the audio latent into a waveform: audio VAE, then vocoder.</summary>
/// <param name="decoder">Latent to log-mel spectrogram.</param>
/// <param name="vocoder">Spectrogram to waveform.</param>
internal sealed class SoundDecoder(NetworkSlot<AudioVaeDecoder> decoder, NetworkSlot<Vocoder> vocoder)
{
    /// <summary>Decodes a latent.</summary>
    /// <param name="latent">The normalised audio latent [1, channels, frames, bins].</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>The sound, as long as the latent makes it.</returns>
    public AudioBuffer Decode(HostTensor latent, CancellationToken cancellationToken)
    {
        HostTensor mel = DecodeMel(latent, cancellationToken);
        using NetworkUse<Vocoder> use = vocoder.Use(cancellationToken);
        HostTensor waveform = use.Network.Synthesize(mel, cancellationToken);
        return new AudioBuffer(waveform.Data, waveform.Shape.Extent(1), use.Network.SampleRate);
    }

    private HostTensor DecodeMel(HostTensor latent, CancellationToken cancellationToken)
    {
        using NetworkUse<AudioVaeDecoder> use = decoder.Use(cancellationToken);
        return use.Network.Decode(latent, cancellationToken);
    }
}
