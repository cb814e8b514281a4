namespace LtxEngine.Verification.Components;

/// <summary>The video VAE's decoder with its intermediate activations and 8-bit frames.</summary>
internal sealed class VideoDecoderComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "video_decoder";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context) => VideoDecoderRun.Run(referenceCase, outputs, context);
}
