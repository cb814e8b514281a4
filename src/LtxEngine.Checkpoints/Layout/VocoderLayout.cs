using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the vocoder (194 in LTX-2 19B).</summary>
internal static class VocoderLayout
{
    private const int OuterKernel = 7;

    /// <summary>Lists the vocoder's tensors.</summary>
    public static IReadOnlyList<ExpectedTensor> List(VocoderConfiguration configuration)
    {
        TensorListBuilder list = new(VocoderConfiguration.Prefix);
        long channels = configuration.InitialChannels;
        list.Convolution("conv_pre", channels, configuration.InChannels, OuterKernel);
        int kernels = configuration.ResidualKernelSizes.Length;
        for (int step = 0; step < configuration.UpsampleKernelSizes.Length; step++)
        {
            long next = channels / 2;

            // A transposed convolution stores its input channels first.
            list.Tensor($"ups.{step}.weight", channels, next, configuration.UpsampleKernelSizes[step]);
            list.Tensor($"ups.{step}.bias", next);
            for (int kernel = 0; kernel < kernels; kernel++)
            {
                string block = $"resblocks.{(step * kernels) + kernel}";
                int dilations = kernel < configuration.ResidualDilations.Length ? configuration.ResidualDilations[kernel].Length : 0;
                for (int i = 0; i < dilations; i++)
                {
                    list.Convolution($"{block}.convs1.{i}", next, next, configuration.ResidualKernelSizes[kernel]);
                    list.Convolution($"{block}.convs2.{i}", next, next, configuration.ResidualKernelSizes[kernel]);
                }
            }

            channels = next;
        }

        list.Convolution("conv_post", configuration.OutChannels, channels, OuterKernel);
        return list.Tensors;
    }
}
