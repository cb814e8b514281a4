using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Upsampling;

/// <summary>
/// The latent upsampler of LTX-2: height and width ×2 (or a rational factor such as 1.5), or frames ×2.
/// Latents are whole clips: the group norms span all frames, so there are no tiles. One call at a time.
/// </summary>
internal sealed partial class LatentUpsampler : IDisposable
{
    /// <summary>PyTorch's default, not the transformer's 1e-6.</summary>
    private const float GroupNormEpsilon = 1e-5f;

    private readonly IComputeDevice _device;
    private readonly WeightScope _scope;
    private readonly ConvolutionLayer _initialConvolution;
    private readonly GroupNormLayer _initialNorm;
    private readonly UpsamplerBlock[] _blocks;
    private readonly ConvolutionLayer _upsampler;
    private readonly float[] _blurKernel = [];
    private readonly UpsamplerBlock[] _postBlocks;
    private readonly ConvolutionLayer _finalConvolution;
    private bool _disposed;

    private LatentUpsampler(CheckpointWeightSource source, LatentUpsamplerConfiguration configuration, CancellationToken cancellationToken)
    {
        Configuration = configuration;
        _device = source.Device;
        _scope = new WeightScope(source);
        try
        {
            _initialConvolution = new ConvolutionLayer(_scope, "initial_conv", configuration.Channels);
            _initialNorm = new GroupNormLayer(_scope, "initial_norm");
            _blocks = Blocks("res_blocks", configuration.BlockCount, cancellationToken);
            _upsampler = new ConvolutionLayer(_scope, UpsamplerName(configuration), UpsamplerOutputs(configuration));
            if (configuration.SpaceDenominator > 1)
            {
                _blurKernel = source.HostValues(BlurName);
            }

            _postBlocks = Blocks("post_upsample_res_blocks", configuration.PostBlockCount, cancellationToken);
            _finalConvolution = new ConvolutionLayer(_scope, "final_conv", configuration.LatentChannels);
        }
        catch
        {
            _scope.Dispose();
            throw;
        }
    }

    /// <summary>What was loaded.</summary>
    public LatentUpsamplerConfiguration Configuration { get; }

    /// <summary>Loads an upsampler.</summary>
    /// <param name="checkpoint">Its file; may be closed after loading.</param>
    /// <param name="device">The device.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    /// <exception cref="ModelFormatException">Everything that is wrong with configuration and tensors.</exception>
    public static LatentUpsampler Load(ITensorCollection checkpoint, IComputeDevice device, CancellationToken cancellationToken = default)
    {
        ProblemList problems = new();
        LatentUpsamplerConfiguration configuration = LatentUpsamplerConfiguration.Read(checkpoint, problems);
        CheckpointWeightSource source = new(checkpoint, string.Empty, device);
        if (problems.Count == 0 && configuration.Channels % configuration.NormGroups != 0)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor 'initial_conv.weight' has {configuration.Channels} output channels; a multiple of {configuration.NormGroups}, the groups of every group norm, is needed.");
        }

        TensorRequirements.Collect(source, RequiredTensors(configuration, source), problems);
        problems.ThrowIfAny(source.Description);
        return new LatentUpsampler(source, configuration, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _scope.Dispose();
        }
    }

    private UpsamplerBlock[] Blocks(string name, int count, CancellationToken cancellationToken)
    {
        UpsamplerBlock[] blocks = new UpsamplerBlock[count];
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            blocks[i] = new UpsamplerBlock(_scope, $"{name}.{i}", Configuration.Channels);
        }

        return blocks;
    }
}
