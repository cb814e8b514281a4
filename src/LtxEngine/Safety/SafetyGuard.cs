using LtxEngine.Diffusion.Guidance;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Images;
using LtxEngine.Pipeline;
using LtxEngine.Planning;

namespace LtxEngine.Safety;

/// <summary>Asks the safety checker about everything that goes into a request and comes out of it; a refusal is an exception.</summary>
/// <param name="checker">The checker.</param>
internal sealed class SafetyGuard(ISafetyChecker checker)
{
    /// <summary>Checks the texts of a request.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SafetyException">A text was refused.</exception>
    public async Task CheckTextsAsync(GenerationPlan plan, CancellationToken cancellationToken)
    {
        await CheckTextAsync("prompt", plan.Prompt, cancellationToken).ConfigureAwait(false);
        if (LeadsTowardsNegative(plan))
        {
            await CheckTextAsync("negative_prompt", plan.NegativePrompt!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Checks the images of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="loading">Its images.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The images.</returns>
    /// <exception cref="SafetyException">An image was refused.</exception>
    public async Task<IReadOnlyDictionary<ImageSource, LoadedImage>> CheckImagesAsync(
        GenerationRequest request, Task<IReadOnlyDictionary<ImageSource, LoadedImage>> loading, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<ImageSource, LoadedImage> images = await loading.ConfigureAwait(false);
        foreach ((string field, ImageSource source) in ImageLoader.Sources(request))
        {
            RgbImage picture = images[source].Decoded;
            await CheckImageAsync(new SafetyImage(field, picture.Width, picture.Height, picture.Pixels), cancellationToken).ConfigureAwait(false);
        }

        return images;
    }

    /// <summary>
    /// Checks frames while they are decoded: two a second, the first and the last among them. A chunk is handed out only when its frames
    /// were checked.
    /// </summary>
    /// <param name="plan">Number and rate of the frames.</param>
    /// <param name="chunks">The frames.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SafetyException">A frame was refused (thrown while enumerating).</exception>
    public IEnumerable<VideoChunk> CheckFrames(GenerationPlan plan, IEnumerable<VideoChunk> chunks, CancellationToken cancellationToken)
    {
        int interval = Math.Max(1, (int)(plan.FrameRate.FramesPerSecond / 2));
        int index = 0;
        foreach (VideoChunk chunk in chunks)
        {
            for (int frame = 0; frame < chunk.FrameCount && index < plan.NumFrames; frame++, index++)
            {
                if (index % interval == 0 || index == plan.NumFrames - 1)
                {
                    byte[] pixels = new byte[chunk.BytesPerFrame];
                    chunk.CopyRgb24(frame, pixels);
                    CheckImageAsync(new SafetyImage("output", chunk.Width, chunk.Height, pixels, index), cancellationToken).GetAwaiter().GetResult();
                }
            }

            yield return chunk;
        }
    }

    /// <summary>Whether a picture of the unfinished clip may be shown. Refusing it is no refusal of the clip, whose frames are looked at when they are there.</summary>
    /// <param name="preview">The picture.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<bool> AllowsAsync(VideoFrame preview, CancellationToken cancellationToken)
    {
        SafetyImage image = new("output", preview.Width, preview.Height, preview.Pixels, preview.Index);
        return (await checker.CheckImageAsync(image, cancellationToken).ConfigureAwait(false)).Reason is null;
    }

    /// <summary>
    /// With a scale of at least 1 guidance leads away from the negative prompt, which may then name what is not wanted; below 1, and with
    /// guidance that is not known, it may lead towards it.
    /// </summary>
    private static bool LeadsTowardsNegative(GenerationPlan plan) => plan.NegativePrompt is not null
        && !(plan.Stage.Guider is MultiModalGuider guider && guider.Bins.All(bin => bin.Value is { Video.CfgScale: >= 1, Audio.CfgScale: >= 1 }));

    private async Task CheckTextAsync(string field, string text, CancellationToken cancellationToken)
    {
        SafetyVerdict verdict = await checker.CheckTextAsync(field, text, cancellationToken).ConfigureAwait(false);
        if (verdict.Reason is { } reason)
        {
            throw new SafetyException(field, reason);
        }
    }

    private async Task CheckImageAsync(SafetyImage image, CancellationToken cancellationToken)
    {
        SafetyVerdict verdict = await checker.CheckImageAsync(image, cancellationToken).ConfigureAwait(false);
        if (verdict.Reason is { } reason)
        {
            throw new SafetyException(image.Field, reason, image.Frame);
        }
    }
}
