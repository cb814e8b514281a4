using LtxEngine.Checkpoints;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The video VAE's encoder with its intermediate activations.</summary>
internal sealed class VideoEncoderComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "video_encoder";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        UnknownOperationException.ThrowIfNamed(referenceCase);
        HashSet<string> taps = [.. referenceCase.Outputs.Select(o => o.Name).Where(name => !string.Equals(name, VideoVaeGraphs.LatentName, StringComparison.Ordinal))];
        using SafetensorsFile checkpoint = SafetensorsFile.Open(referenceCase.Checkpoint);
        using VideoVaeEncoder encoder = VideoVaeEncoder.Load(checkpoint, GraphThreads.Options(context), taps);
        HostTensor video = referenceCase.Input("video");
        IReadOnlyDictionary<string, HostTensor> results = SampleBatch.Run(
            video.Shape.Extent(0), index => encoder.EncodeWithTaps(SampleBatch.Sample(video, index)));
        foreach ((string name, HostTensor tensor) in results)
        {
            outputs.Add(name, tensor);
        }
    }
}
