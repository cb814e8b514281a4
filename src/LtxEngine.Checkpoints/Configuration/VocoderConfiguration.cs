using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The vocoder (HiFi-GAN). 19B values in brackets.</summary>
internal sealed partial record VocoderConfiguration
{
    /// <summary>Channels that enter: audio channels times mel bins [128].</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels after the first convolution [1024]; halved by each upsampling.</summary>
    public required int InitialChannels { get; init; }

    /// <summary>Audio channels that leave [2].</summary>
    public required int OutChannels { get; init; }

    /// <summary>Stride of each transposed convolution [6, 5, 2, 2, 2].</summary>
    public required ImmutableArray<int> UpsampleRates { get; init; }

    /// <summary>Kernel of each transposed convolution [16, 15, 8, 4, 4].</summary>
    public required ImmutableArray<int> UpsampleKernelSizes { get; init; }

    /// <summary>Kernels of the residual blocks after each upsampling [3, 7, 11].</summary>
    public required ImmutableArray<int> ResidualKernelSizes { get; init; }

    /// <summary>Dilations of each residual block's convolutions [[1, 3, 5] × 3].</summary>
    public required ImmutableArray<ImmutableArray<int>> ResidualDilations { get; init; }

    /// <summary>Samples per second that leave [24000].</summary>
    public required int OutputSampleRate { get; init; }

    /// <summary>Samples per mel frame: the product of the rates [240].</summary>
    public int SamplesPerFrame => UpsampleRates.Aggregate(1, (product, rate) => product * rate);
}
