using System.Collections.Immutable;
using System.Text.Json;

namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record VideoVaeConfiguration
{
    /// <summary>The prefix of the encoder's tensors.</summary>
    public const string EncoderPrefix = "vae.encoder.";

    /// <summary>The prefix of the decoder's tensors.</summary>
    public const string DecoderPrefix = "vae.decoder.";

    /// <summary>The prefix of the latent statistics.</summary>
    public const string StatisticsPrefix = "vae.per_channel_statistics.";

    private const int DefaultPatchSize = 4;

    /// <summary>Reads the configuration of the video VAE in a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static VideoVaeConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static VideoVaeConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems).Require("vae", problems);
        section.Require("dims", 3);
        section.Require("norm_layer", "pixel_norm");
        section.Require("latent_log_var", "uniform");

        TensorInspector tensors = new(checkpoint.Tensors, problems);
        bool hasEncoder = tensors.HasPrefix(EncoderPrefix);
        bool hasDecoder = tensors.HasPrefix(DecoderPrefix);
        if (!hasEncoder && !hasDecoder)
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, $"The file holds no video VAE: no tensor begins with '{EncoderPrefix}' or '{DecoderPrefix}'.");
        }

        ImmutableArray<VideoVaeBlock> encoderBlocks = hasEncoder ? ReadBlocks(section, tensors, problems, isEncoder: true) : [];
        ImmutableArray<VideoVaeBlock> decoderBlocks = hasDecoder ? ReadBlocks(section, tensors, problems, isEncoder: false) : [];
        ImmutableArray<VideoVaeBlock> scaled = hasDecoder ? decoderBlocks : encoderBlocks;
        int patchSize = section.Integer("patch_size", 1, 64, DefaultPatchSize);
        if (hasEncoder && hasDecoder && Scales(encoderBlocks) != Scales(decoderBlocks))
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.vae.encoder_blocks reduces (time, space) by {Scales(encoderBlocks)}, decoder_blocks enlarges them by {Scales(decoderBlocks)}; they must agree.");
        }

        return new VideoVaeConfiguration
        {
            ImageChannels = section.Integer("in_channels", 1, 64, 3),
            LatentChannels = hasDecoder ? tensors.Extent($"{DecoderPrefix}conv_in.conv.weight", 1, 5) : tensors.Extent($"{EncoderPrefix}conv_out.conv.weight", 0, 5) - 1,
            PatchSize = patchSize,
            HasEncoder = hasEncoder,
            HasDecoder = hasDecoder,
            EncoderChannels = hasEncoder ? tensors.Extent($"{EncoderPrefix}conv_in.conv.weight", 0, 5) : 0,
            EncoderOutChannels = hasEncoder ? tensors.Extent($"{EncoderPrefix}conv_out.conv.weight", 0, 5) : 0,
            EncoderBlocks = encoderBlocks,
            DecoderChannels = hasDecoder ? tensors.Extent($"{DecoderPrefix}conv_in.conv.weight", 0, 5) : 0,
            DecoderBlocks = decoderBlocks,
            IsDecoderCausal = section.Boolean("causal_decoder", false),
            IsTimestepConditioned = tensors.Has($"{DecoderPrefix}timestep_scale_multiplier"),
            EncoderPadding = Padding(section, "encoder_spatial_padding_mode", SpatialPadding.Zeros),
            DecoderPadding = Padding(section, "decoder_spatial_padding_mode", SpatialPadding.Reflect),
            TimeScale = Scales(scaled).Time,
            SpaceScale = Scales(scaled).Space * patchSize,
        };
    }

    private static (int Time, int Space) Scales(ImmutableArray<VideoVaeBlock> blocks)
    {
        int time = 1;
        int space = 1;
        foreach (VideoVaeBlock block in blocks)
        {
            time *= block.TimeStride;
            space *= block.SpaceStride;
        }

        return (time, space);
    }

    private static SpatialPadding Padding(ConfigurationSection section, string key, SpatialPadding defaultValue) =>
        section.Choice<SpatialPadding>(key, defaultValue, ("zeros", SpatialPadding.Zeros), ("reflect", SpatialPadding.Reflect));

    private static ImmutableArray<VideoVaeBlock> ReadBlocks(ConfigurationSection section, TensorInspector tensors, ProblemList problems, bool isEncoder)
    {
        string key = isEncoder ? "encoder_blocks" : "decoder_blocks";
        string prefix = isEncoder ? $"{EncoderPrefix}down_blocks." : $"{DecoderPrefix}up_blocks.";
        IEnumerable<JsonElement> items = section.Items(key);

        // The configuration lists the decoder from the picture to the latent; it runs the other way.
        List<JsonElement> stated = [.. isEncoder ? items : items.Reverse()];
        int count = tensors.Count(prefix);
        if (stated.Count != count && section.Exists)
        {
            problems.Add(ModelFormatErrorKind.InvalidConfiguration, $"config.vae.{key} lists {stated.Count} blocks, the file holds {count} under '{prefix}'; they must agree.");
            return [];
        }

        int channels = tensors.Extent($"{(isEncoder ? EncoderPrefix : DecoderPrefix)}conv_in.conv.weight", 0, 5);
        ImmutableArray<VideoVaeBlock>.Builder blocks = ImmutableArray.CreateBuilder<VideoVaeBlock>();
        for (int i = 0; i < stated.Count; i++)
        {
            VideoVaeBlock? block = ReadBlock(section, stated[i], key, $"{prefix}{i}.", channels, tensors, isEncoder);
            if (block is null)
            {
                continue;
            }

            blocks.Add(block);
            channels = block.OutChannels;
        }

        return blocks.ToImmutable();
    }

    private static VideoVaeBlock? ReadBlock(
        ConfigurationSection section, JsonElement item, string key, string prefix, int channels, TensorInspector tensors, bool isEncoder)
    {
        if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.String)
        {
            section.Report(key, item, "a list of [\"kind\", {options}] pairs");
            return null;
        }

        JsonElement options = item[1];
        bool HasOption(string name) => options.ValueKind == JsonValueKind.Object && options.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

        string kind = item[0].GetString()!;
        if (string.Equals(kind, "res_x", StringComparison.Ordinal))
        {
            if (HasOption("inject_noise"))
            {
                section.Report(key, item, "without inject_noise, which no LTX-2 19B file uses");
            }

            int layers = tensors.Count($"{prefix}res_blocks.");
            if (options.ValueKind == JsonValueKind.Object && options.TryGetProperty("num_layers", out JsonElement number)
                && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int statedLayers) && statedLayers is > 0 and <= 1024)
            {
                layers = Math.Max(layers, statedLayers);
            }

            return new VideoVaeBlock { Kind = VideoVaeBlockKind.Residual, InChannels = channels, OutChannels = channels, LayerCount = layers };
        }

        (VideoVaeBlockKind Kind, bool HasResidual)? resampler = kind switch
        {
            "compress_space_res" when isEncoder => (VideoVaeBlockKind.CompressSpace, true),
            "compress_time_res" when isEncoder => (VideoVaeBlockKind.CompressTime, true),
            "compress_all_res" when isEncoder => (VideoVaeBlockKind.CompressAll, true),
            "compress_space" when !isEncoder => (VideoVaeBlockKind.CompressSpace, HasOption("residual")),
            "compress_time" when !isEncoder => (VideoVaeBlockKind.CompressTime, HasOption("residual")),
            "compress_all" when !isEncoder => (VideoVaeBlockKind.CompressAll, HasOption("residual")),
            _ => null,
        };
        if (resampler is null)
        {
            section.Report(key, item, isEncoder
                ? "made of res_x, compress_space_res, compress_time_res and compress_all_res"
                : "made of res_x, compress_space, compress_time and compress_all");
            return null;
        }

        VideoVaeBlock block = new() { Kind = resampler.Value.Kind, InChannels = channels, OutChannels = channels, HasResidual = resampler.Value.HasResidual };
        long convolution = tensors.Extent($"{prefix}conv.conv.weight", 0, 5);
        long outChannels = isEncoder ? convolution * block.StrideProduct : convolution / block.StrideProduct;
        return block with { OutChannels = (int)Math.Clamp(outChannels, 1, int.MaxValue) };
    }
}
