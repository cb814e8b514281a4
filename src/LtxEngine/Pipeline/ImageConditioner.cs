using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Images;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns images into latents at the size of each stage: that of frame 0 replaces the clip's first frame, others are guide tokens.</summary>
/// <param name="encoder">The network.</param>
internal sealed class ImageConditioner(NetworkSlot<VideoVaeEncoder> encoder)
{
    /// <summary>Resizes each image to each stage, crops it and encodes it as a clip of one frame.</summary>
    /// <param name="plan">Stages, frames and strengths.</param>
    /// <param name="images">The decoded and compressed images.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>The items of each stage.</returns>
    public IReadOnlyList<IConditioningItem>[] Encode(
        GenerationPlan plan, IReadOnlyDictionary<ImageSource, LoadedImage> images, CancellationToken cancellationToken)
    {
        if (plan.Images.Count == 0)
        {
            return [.. plan.Stages.Select(_ => Array.Empty<IConditioningItem>())];
        }

        using NetworkUse<VideoVaeEncoder> use = encoder.Use(cancellationToken);
        return
        [
            .. plan.Stages.Select(stage => plan.Images
                .Select(image => Item(plan, image, Latent(use.Network, stage, images[image.Image].Compressed, cancellationToken)))
                .ToArray()),
        ];
    }

    private static ConditioningLatent Latent(VideoVaeEncoder encoder, DenoiseStage stage, RgbImage image, CancellationToken cancellationToken)
    {
        int width = stage.VideoShape.Width * stage.VideoShape.Scale.Pixels;
        int height = stage.VideoShape.Height * stage.VideoShape.Scale.Pixels;
        HostTensor pixels = new(new TensorShape(1, 3, 1, height, width), ImagePreprocessor.ResizeAndCrop(image, width, height));
        return new ConditioningLatent(encoder.Encode(pixels, cancellationToken).Data, Frames: 1);
    }

    private static IConditioningItem Item(GenerationPlan plan, PlannedImage image, ConditioningLatent latent) => image.Frame == 0
        ? new ReplaceLatent(latent, latentIndex: 0, image.Strength)
        : new KeyframeTokens(latent, image.Frame, image.Strength, plan.KeyframeTimeExtent);
}
