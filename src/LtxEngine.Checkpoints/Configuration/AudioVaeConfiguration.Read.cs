namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record AudioVaeConfiguration
{
    /// <summary>The prefix of the encoder's tensors.</summary>
    public const string EncoderPrefix = "audio_vae.encoder.";

    /// <summary>The prefix of the decoder's tensors.</summary>
    public const string DecoderPrefix = "audio_vae.decoder.";

    /// <summary>The prefix of the latent statistics.</summary>
    public const string StatisticsPrefix = "audio_vae.per_channel_statistics.";

    /// <summary>Reads the configuration of the audio VAE in a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static AudioVaeConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static AudioVaeConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems).Require("audio_vae", problems);
        ConfigurationSection parameters = section.Section("model").Section("params");
        ConfigurationSection network = parameters.Section("ddconfig");
        network.Require("double_z", true);
        network.Require("norm_type", "pixel");
        network.Require("causality_axis", "height");
        network.Require("dropout", 0);
        network.Require("attn_type", "vanilla");
        network.Require("resamp_with_conv", true);
        network.RequireAbsent("attn_resolutions", "attention in the audio VAE is not used by LTX-2 19B");

        TensorInspector tensors = new(checkpoint.Tensors, problems);
        bool hasEncoder = tensors.HasPrefix(EncoderPrefix);
        bool hasDecoder = tensors.HasPrefix(DecoderPrefix);
        if (!hasEncoder && !hasDecoder)
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, $"The file holds no audio VAE: no tensor begins with '{EncoderPrefix}' or '{DecoderPrefix}'.");
        }

        // The original code adds this block when the key is absent; whether it exists is visible from the tensors.
        if (tensors.HasPrefix($"{EncoderPrefix}mid.attn_1.") || tensors.HasPrefix($"{DecoderPrefix}mid.attn_1."))
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, "The audio VAE has attention blocks (mid.attn_1), which LTX-2 19B does not; this engine does not run them.");
        }

        ConfigurationSection preprocessing = section.Section("preprocessing");
        ConfigurationSection stft = preprocessing.Section("stft");
        ConfigurationSection mel = preprocessing.Section("mel");
        int melBins = network.Integer("mel_bins", 1, 4096, 64);
        int levels = tensors.Count(hasDecoder ? $"{DecoderPrefix}up." : $"{EncoderPrefix}down.");
        int channels = hasDecoder ? tensors.Extent($"{DecoderPrefix}conv_out.conv.weight", 1, 4) : tensors.Extent($"{EncoderPrefix}conv_in.conv.weight", 0, 4);
        AudioVaeConfiguration configuration = new()
        {
            HasEncoder = hasEncoder,
            HasDecoder = hasDecoder,
            Channels = channels,
            ChannelMultipliers = network.Integers("ch_mult", 1024, [1, 2, 4]),
            ResidualBlockCount = hasDecoder
                ? tensors.Count($"{DecoderPrefix}up.0.block.") - 1
                : tensors.Count($"{EncoderPrefix}down.0.block."),
            InChannels = hasEncoder ? tensors.Extent($"{EncoderPrefix}conv_in.conv.weight", 1, 4) : network.Integer("in_channels", 1, 64, 2),
            OutChannels = hasDecoder ? tensors.Extent($"{DecoderPrefix}conv_out.conv.weight", 0, 4) : network.Integer("out_ch", 1, 64, 2),
            LatentChannels = hasDecoder
                ? tensors.Extent($"{DecoderPrefix}conv_in.conv.weight", 1, 4)
                : Math.Max(tensors.Extent($"{EncoderPrefix}conv_out.conv.weight", 0, 4) / 2, 1),
            MelBins = melBins,
            SampleRate = parameters.Integer("sampling_rate", 1, 1_000_000, 16000),
            HopLength = stft.Integer("hop_length", 1, 1_000_000, 160),
            FilterLength = stft.Integer("filter_length", 2, 1 << 20, 1024),
            MelMinimumFrequency = mel.NonNegative("mel_fmin", 0),
            MelMaximumFrequency = mel.Positive("mel_fmax", 8000),
        };
        if (levels != configuration.ChannelMultipliers.Length && (hasEncoder || hasDecoder))
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.audio_vae.model.params.ddconfig.ch_mult has {configuration.ChannelMultipliers.Length} levels, the file holds {levels}; they must agree.");
        }

        if (mel.Integer("n_mel_channels", 1, 4096, melBins) != melBins || melBins % configuration.Scale != 0)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.audio_vae states {melBins} mel bins; they must equal preprocessing.mel.n_mel_channels and be divisible by {configuration.Scale}.");
        }

        return configuration;
    }
}
