using LtxEngine.Graphs.VideoVae;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Safety;

namespace LtxEngine;

/// <content>What the safety checker is asked about, for requests that switch it on.</content>
public sealed partial class LtxPipeline
{
    /// <summary>Checks the prompts at once, and the images as soon as they are read.</summary>
    private async Task<Task<IReadOnlyDictionary<ImageSource, LoadedImage>>> CheckAsync(
        GenerationRequest request, GenerationPlan plan, Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images, CancellationToken cancellationToken)
    {
        // Opening the classifier and matching patterns may take a while; the caller's thread need not.
        SafetyGuard guard = await Task.Run(() => new SafetyGuard(_safety.Get()), cancellationToken).ConfigureAwait(false);
        await Task.Run(() => guard.CheckTextsAsync(plan, cancellationToken), cancellationToken).ConfigureAwait(false);
        return Task.Run(() => guard.CheckImagesAsync(request, images, cancellationToken), cancellationToken);
    }

    /// <summary>Which previews are shown: all of them, or where the request asked for it those that the checker lets pass.</summary>
    private Func<VideoFrame, bool> MayShow(GenerationPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.ChecksSafety)
        {
            return _ => true;
        }

        SafetyGuard guard = new(_safety.Get());
        return preview => guard.AllowsAsync(preview, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>The frames of a clip, checked where the request asked for it.</summary>
    private IEnumerable<VideoChunk> DecodeChecked(GenerationResult result, IProgress<VideoDecodeProgress>? progress, CancellationToken cancellationToken)
    {
        IEnumerable<VideoChunk> chunks = _frameDecoder.Decode(result.Plan, result.Latents.Video, progress, cancellationToken);
        return result.Plan.ChecksSafety ? new SafetyGuard(_safety.Get()).CheckFrames(result.Plan, chunks, cancellationToken) : chunks;
    }
}
