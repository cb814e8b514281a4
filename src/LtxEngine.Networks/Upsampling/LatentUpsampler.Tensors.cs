using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Networks.Weights;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Upsampling;

/// <content>The tensors of an upsampler file.</content>
internal sealed partial class LatentUpsampler
{
    private const string BlurName = "upsampler.blur_down.kernel";

    private static string UpsamplerName(LatentUpsamplerConfiguration configuration) =>
        configuration.Kind == LatentUpsamplerKind.RationalSpatial ? "upsampler.conv" : "upsampler.0";

    private static int UpsamplerOutputs(LatentUpsamplerConfiguration configuration) =>
        checked(configuration.Channels * configuration.TimeFactor * configuration.SpaceNumerator * configuration.SpaceNumerator);

    private static List<(string Name, TensorShape Shape)> RequiredTensors(LatentUpsamplerConfiguration configuration, CheckpointWeightSource source)
    {
        int channels = configuration.Channels;
        List<(string Name, TensorShape Shape)> tensors = [];
        AddVolume(tensors, "initial_conv", configuration.LatentChannels, channels);
        AddNorm(tensors, "initial_norm", channels);
        AddBlocks(tensors, "res_blocks", configuration.BlockCount, channels);
        string upsampler = UpsamplerName(configuration);
        int outputs = UpsamplerOutputs(configuration);
        if (configuration.Kind == LatentUpsamplerKind.Temporal)
        {
            AddVolume(tensors, upsampler, channels, outputs);
        }
        else
        {
            tensors.Add((upsampler + ".weight", new TensorShape(outputs, channels, 3, 3)));
            tensors.Add((upsampler + ".bias", new TensorShape(outputs)));
        }

        if (configuration.SpaceDenominator > 1)
        {
            // Any odd size will do; an even or missing one is reported as the 5×5 of the shipped files.
            bool usable = source.FindShape(BlurName) is { Rank: 4 } shape && shape[0] == 1 && shape[1] == 1 && shape[2] == shape[3] && shape[2] % 2 == 1;
            tensors.Add((BlurName, usable ? source.FindShape(BlurName)!.Value : new TensorShape(1, 1, 5, 5)));
        }

        AddBlocks(tensors, "post_upsample_res_blocks", configuration.PostBlockCount, channels);
        AddVolume(tensors, "final_conv", channels, configuration.LatentChannels);
        return tensors;
    }

    private static void AddBlocks(List<(string Name, TensorShape Shape)> tensors, string name, int count, int channels)
    {
        for (int i = 0; i < count; i++)
        {
            for (int layer = 1; layer <= 2; layer++)
            {
                AddVolume(tensors, $"{name}.{i}.conv{layer}", channels, channels);
                AddNorm(tensors, $"{name}.{i}.norm{layer}", channels);
            }
        }
    }

    private static void AddVolume(List<(string Name, TensorShape Shape)> tensors, string layer, int inputs, int outputs)
    {
        tensors.Add((layer + ".weight", new TensorShape(outputs, inputs, 3, 3, 3)));
        tensors.Add((layer + ".bias", new TensorShape(outputs)));
    }

    private static void AddNorm(List<(string Name, TensorShape Shape)> tensors, string layer, int channels)
    {
        tensors.Add((layer + ".weight", new TensorShape(channels)));
        tensors.Add((layer + ".bias", new TensorShape(channels)));
    }
}
