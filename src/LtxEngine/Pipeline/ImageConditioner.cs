using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Images;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>Turns the start image into the latent that replaces the clip's first frame.</summary>
/// <param name="encoder">The network.</param>
internal sealed class ImageConditioner(NetworkSlot<VideoVaeEncoder> encoder)
{
    /// <summary>Resizes the image to the clip, crops it and encodes it as a clip of one frame.</summary>
    /// <param name="plan">Size and strength.</param>
    /// <param name="image">The decoded and compressed image; null for a clip from the prompt alone.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>No item, or one.</returns>
    public IReadOnlyList<IConditioningItem> Encode(GenerationPlan plan, RgbImage? image, CancellationToken cancellationToken)
    {
        if (image is null)
        {
            return [];
        }

        using NetworkUse<VideoVaeEncoder> use = encoder.Use(cancellationToken);
        HostTensor pixels = new(new TensorShape(1, 3, 1, plan.Height, plan.Width), ImagePreprocessor.ResizeAndCrop(image, plan.Width, plan.Height));
        HostTensor latent = use.Network.Encode(pixels, cancellationToken);
        return [new ReplaceLatent(new ConditioningLatent(latent.Data, Frames: 1), latentIndex: 0, plan.ImageStrength)];
    }
}
