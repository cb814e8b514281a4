using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Upsampling;

/// <summary>A residual block: SiLU(x + norm2(conv2(SiLU(norm1(conv1(x)))))).</summary>
/// <param name="scope">Owns the leases.</param>
/// <param name="name">Name of the module.</param>
/// <param name="channels">Number of channels.</param>
internal sealed class UpsamplerBlock(WeightScope scope, string name, int channels)
{
    /// <summary>Name of the module.</summary>
    public string Name { get; } = name;

    /// <summary>conv1.</summary>
    public ConvolutionLayer Convolution1 { get; } = new(scope, name + ".conv1", channels);

    /// <summary>norm1.</summary>
    public GroupNormLayer Norm1 { get; } = new(scope, name + ".norm1");

    /// <summary>conv2.</summary>
    public ConvolutionLayer Convolution2 { get; } = new(scope, name + ".conv2", channels);

    /// <summary>norm2.</summary>
    public GroupNormLayer Norm2 { get; } = new(scope, name + ".norm2");
}
