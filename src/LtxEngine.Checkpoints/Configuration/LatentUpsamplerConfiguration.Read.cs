using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record LatentUpsamplerConfiguration
{
    /// <summary>Reads the configuration of an upsampler file.</summary>
    /// <param name="checkpoint">An open upsampler file.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static LatentUpsamplerConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static LatentUpsamplerConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems);
        section.Require("dims", 3);
        TensorInspector tensors = new(checkpoint.Tensors, problems);
        int channels = tensors.Extent("initial_conv.weight", 0, 5);
        LatentUpsamplerConfiguration configuration = new()
        {
            Kind = LatentUpsamplerKind.Spatial,
            LatentChannels = tensors.Extent("initial_conv.weight", 1, 5),
            Channels = channels,
            BlockCount = tensors.Count("res_blocks."),
            PostBlockCount = tensors.Count("post_upsample_res_blocks."),
            SpaceNumerator = 1,
            SpaceDenominator = 1,
            TimeFactor = 1,
        };
        if (tensors.Shape("upsampler.conv.weight") is { Rank: 4 } rational)
        {
            return ReadRational(configuration, rational, section, problems);
        }

        return (tensors.Shape("upsampler.0.weight")) switch
        {
            { Rank: 4 } shape when shape[0] == 4L * channels => configuration with { SpaceNumerator = 2 },
            { Rank: 5 } shape when shape[0] == 2L * channels => configuration with { Kind = LatentUpsamplerKind.Temporal, TimeFactor = 2 },
            { Rank: 5 } shape when shape[0] == 8L * channels => Refuse(
                configuration, problems, "The file is a spatio-temporal upsampler, which LTX-2 19B does not ship; use a spatial or a temporal one."),
            { } shape => Refuse(configuration, problems, $"Tensor 'upsampler.0.weight' has the shape {shape}, which is no known upsampler of {channels} channels."),
            null => Refuse(
                configuration, problems, "The file holds no latent upsampler: neither 'upsampler.conv.weight' (4-D) nor 'upsampler.0.weight' is stored."),
        };
    }

    private static LatentUpsamplerConfiguration ReadRational(
        LatentUpsamplerConfiguration configuration, TensorShape shape, ConfigurationSection section, ProblemList problems)
    {
        // The shuffle factor is visible from the convolution; only a factor of 3 leaves open by how much the blur strides.
        int numerator = (int)Math.Round(Math.Sqrt((double)shape[0] / configuration.Channels));
        double stated = section.Positive("spatial_scale", numerator == 3 ? 1.5 : numerator);
        int denominator = (int)Math.Round(numerator / stated);
        if (numerator is < 2 or > 4 || shape[0] != (long)numerator * numerator * configuration.Channels)
        {
            return Refuse(configuration, problems, $"Tensor 'upsampler.conv.weight' has the shape {shape}, which is no pixel shuffle by 2, 3 or 4 of {configuration.Channels} channels.");
        }

        if (denominator < 1 || Math.Abs(((double)numerator / denominator) - stated) > 1e-6)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.spatial_scale is {stated}, which is not {numerator}, the factor of 'upsampler.conv.weight', divided by a whole number.");
            denominator = 1;
        }

        return configuration with { Kind = LatentUpsamplerKind.RationalSpatial, SpaceNumerator = numerator, SpaceDenominator = denominator };
    }

    private static LatentUpsamplerConfiguration Refuse(LatentUpsamplerConfiguration configuration, ProblemList problems, string problem)
    {
        problems.Add(ModelFormatErrorKind.InvalidTensors, problem);
        return configuration;
    }
}
