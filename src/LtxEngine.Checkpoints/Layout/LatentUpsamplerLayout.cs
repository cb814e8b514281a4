using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of a latent upsampler (73 spatial, 72 temporal in LTX-2 19B).</summary>
internal static class LatentUpsamplerLayout
{
    private const int BlurKernel = 5;

    /// <summary>Lists the upsampler's tensors.</summary>
    public static IReadOnlyList<ExpectedTensor> List(LatentUpsamplerConfiguration configuration)
    {
        TensorListBuilder list = new(string.Empty);
        long channels = configuration.Channels;
        list.Convolution("initial_conv", channels, configuration.LatentChannels, 3, 3, 3);
        list.AffineNorm("initial_norm", channels);
        AddBlocks(list, "res_blocks", configuration.BlockCount, channels);
        long shuffled = channels * configuration.SpaceNumerator * configuration.SpaceNumerator;
        switch (configuration.Kind)
        {
            case LatentUpsamplerKind.RationalSpatial:
                list.Convolution("upsampler.conv", shuffled, channels, 3, 3);

                // With a whole factor the blur does nothing.
                if (configuration.SpaceDenominator > 1)
                {
                    list.Tensor("upsampler.blur_down.kernel", 1, 1, BlurKernel, BlurKernel);
                }
                else
                {
                    list.Optional("upsampler.blur_down.kernel", 1, 1, BlurKernel, BlurKernel);
                }

                break;
            case LatentUpsamplerKind.Spatial:
                list.Convolution("upsampler.0", shuffled, channels, 3, 3);
                break;
            default:
                list.Convolution("upsampler.0", channels * configuration.TimeFactor, channels, 3, 3, 3);
                break;
        }

        AddBlocks(list, "post_upsample_res_blocks", configuration.PostBlockCount, channels);
        list.Convolution("final_conv", configuration.LatentChannels, channels, 3, 3, 3);
        return list.Tensors;
    }

    private static void AddBlocks(TensorListBuilder list, string name, int count, long channels)
    {
        for (int i = 0; i < count; i++)
        {
            list.Convolution($"{name}.{i}.conv1", channels, channels, 3, 3, 3);
            list.AffineNorm($"{name}.{i}.norm1", channels);
            list.Convolution($"{name}.{i}.conv2", channels, channels, 3, 3, 3);
            list.AffineNorm($"{name}.{i}.norm2", channels);
        }
    }
}
