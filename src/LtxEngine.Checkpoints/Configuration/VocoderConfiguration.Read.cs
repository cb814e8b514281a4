using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record VocoderConfiguration
{
    /// <summary>The prefix of the vocoder's tensors.</summary>
    public const string Prefix = "vocoder.";

    private static readonly ImmutableArray<int> DefaultDilations = [1, 3, 5];

    /// <summary>Reads the configuration of the vocoder in a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static VocoderConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static VocoderConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems).Require("vocoder", problems);
        section.Require("resblock", "1");
        section.RequireAbsent("bwe", "the nested vocoder of LTX-2.3 and later, which this engine does not run");
        section.RequireAbsent("vocoder", "the nested vocoder of LTX-2.3 and later, which this engine does not run");

        TensorInspector tensors = new(checkpoint.Tensors, problems);
        ImmutableArray<int> rates = section.Integers("upsample_rates", 1024, [6, 5, 2, 2, 2]);
        int steps = tensors.Count($"{Prefix}ups.");
        if (steps != rates.Length)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.vocoder.upsample_rates has {rates.Length} steps, the file holds {steps} tensors '{Prefix}ups.N.weight'; they must agree.");
        }

        ImmutableArray<int> residualKernels = section.Integers("resblock_kernel_sizes", 1023, [3, 7, 11]);
        VocoderConfiguration configuration = new()
        {
            InChannels = tensors.Extent($"{Prefix}conv_pre.weight", 1, 3),
            InitialChannels = tensors.Extent($"{Prefix}conv_pre.weight", 0, 3),
            OutChannels = tensors.Extent($"{Prefix}conv_post.weight", 0, 3),
            UpsampleRates = rates,
            UpsampleKernelSizes = [.. Enumerable.Range(0, Math.Min(steps, rates.Length)).Select(i => tensors.Extent($"{Prefix}ups.{i}.weight", 2, 3))],
            ResidualKernelSizes = [.. residualKernels.Select((_, i) => tensors.Extent($"{Prefix}resblocks.{i}.convs1.0.weight", 2, 3))],
            ResidualDilations = section.IntegerLists("resblock_dilation_sizes", 1024, [.. residualKernels.Select(_ => DefaultDilations)]),
            OutputSampleRate = section.Integer("output_sample_rate", 1, 1_000_000, 24000),
        };
        if (configuration.ResidualDilations.Length != residualKernels.Length)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.vocoder.resblock_dilation_sizes has {configuration.ResidualDilations.Length} lists, resblock_kernel_sizes {residualKernels.Length} kernels; they must agree.");
        }

        return configuration;
    }
}
