namespace LtxEngine.Verification.Components;

/// <summary>The timestep-conditioned video decoder, whole or in tiles.</summary>
internal sealed class VideoDecoderConditionedComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "video_decoder_conditioned";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context) => VideoDecoderRun.Run(referenceCase, outputs, context);
}
