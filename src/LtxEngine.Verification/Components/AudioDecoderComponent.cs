using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Audio;

namespace LtxEngine.Verification.Components;

/// <summary>The decoder of the audio VAE.</summary>
internal sealed class AudioDecoderComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "audio_decoder";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        using SafetensorsFile checkpoint = SafetensorsFile.Open(referenceCase.Checkpoint);
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(checkpoint, taps: RequestedTaps.Of(referenceCase, AudioVaeDecoderGraph.MelOutput));
        RequestedTaps.AddAll(outputs, decoder.DecodeWithTaps(referenceCase.Input("latent")));
    }
}
