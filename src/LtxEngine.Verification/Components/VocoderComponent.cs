using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Audio;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The vocoder, alone or behind the decoder of the audio VAE.</summary>
internal sealed class VocoderComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "vocoder";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(referenceCase.Checkpoint);
        switch (referenceCase.Operation)
        {
            case null or "vocoder":
                using (Vocoder vocoder = Vocoder.Load(checkpoint, taps: RequestedTaps.Of(referenceCase, VocoderGraph.WaveformOutput)))
                {
                    RequestedTaps.AddAll(outputs, vocoder.SynthesizeWithTaps(referenceCase.Input("mel")));
                    outputs.SetExpected(new { sample_rate = vocoder.SampleRate });
                }

                break;
            case "decode_audio":
                using (AudioVaeDecoder decoder = AudioVaeDecoder.Load(checkpoint))
                using (Vocoder vocoder = Vocoder.Load(checkpoint))
                {
                    HostTensor waveform = vocoder.Synthesize(decoder.Decode(referenceCase.Input("latent")));
                    outputs.Add("waveform", new TensorShape(waveform.Shape[1], waveform.Shape[2]), waveform.Data);
                    outputs.SetExpected(new { sample_rate = vocoder.SampleRate });
                }

                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }
}
