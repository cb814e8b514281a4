namespace LtxEngine.Verification.Components;

/// <summary>The video VAE's decoder in blended tiles, streamed.</summary>
internal sealed class VideoDecoderTiledComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "video_decoder_tiled";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context) => VideoDecoderRun.Run(referenceCase, outputs, context);
}
