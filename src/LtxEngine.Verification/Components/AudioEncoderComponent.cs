using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Audio;

namespace LtxEngine.Verification.Components;

/// <summary>The encoder of the audio VAE.</summary>
internal sealed class AudioEncoderComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "audio_encoder";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        using SafetensorsFile checkpoint = SafetensorsFile.Open(referenceCase.Checkpoint);
        using AudioVaeEncoder encoder = AudioVaeEncoder.Load(checkpoint, taps: RequestedTaps.Of(referenceCase, AudioVaeEncoderGraph.LatentOutput));
        RequestedTaps.AddAll(outputs, encoder.EncodeWithTaps(referenceCase.Input("mel")));
    }
}
