using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>
/// Owns the way of a weight: checkpoint tensor → dequantise → LoRA delta → device layout. What it hands out are leases: a weight is
/// prepared when the first lease of its key (file, tensors, LoRA set) is taken and freed when the last one is disposed.
/// Leases may be taken and disposed on any thread.
/// </summary>
internal interface IWeightSource
{
    /// <summary>The device that the weights are prepared for.</summary>
    IComputeDevice Device { get; }

    /// <summary>The file that the tensors come from, for messages.</summary>
    string Description { get; }

    /// <summary>What the checkpoint puts before the network's names.</summary>
    string Prefix { get; }

    /// <summary>Whether layers with a stored <c>input_scale</c> come as <see cref="RoundedInputWeight"/>.</summary>
    bool QuantisesInputs { get; }

    /// <summary>Most rows of the first matrix of an <see cref="AppliedWeight"/>; 0 where no layer is one.</summary>
    int LargestRank { get; }

    /// <summary>The logical shape of a tensor (packed 4-bit weights count their values, not their bytes), or null when there is none.</summary>
    /// <param name="tensor">Name without prefix, such as <c>patchify_proj.weight</c>.</param>
    TensorShape? FindShape(string tensor);

    /// <summary>A linear layer, or several with the same input stacked into one product.</summary>
    /// <param name="layers">Names of the layers (without <c>.weight</c>), at least one.</param>
    WeightLease<IDeviceWeight> Linear(params ReadOnlySpan<string> layers);

    /// <summary>Some output channels of a convolution.</summary>
    /// <param name="layer">Name of the layer (without <c>.weight</c>).</param>
    /// <param name="firstOutput">First output channel.</param>
    /// <param name="outputs">Number of output channels.</param>
    WeightLease<IDeviceWeight> Convolution(string layer, int firstOutput, int outputs);

    /// <summary>Vectors and tables as fp32 values, one after the other.</summary>
    /// <param name="tensors">Full names of the tensors, at least one.</param>
    WeightLease<DeviceBuffer> Values(params ReadOnlySpan<string> tensors);

    /// <summary>A small tensor as host values.</summary>
    /// <param name="tensor">Full name of the tensor.</param>
    float[] HostValues(string tensor);
}
