namespace LtxEngine.Kernels;

/// <summary>The weights of a linear layer or a convolution in a device's own layout. Made once at load, opaque, immutable.</summary>
internal interface IDeviceWeight : IDisposable
{
    /// <summary>The number of input features (for a convolution: input channels).</summary>
    int InputFeatures { get; }

    /// <summary>The number of output features, all merged parts together (for a convolution: output channels).</summary>
    int OutputFeatures { get; }

    /// <summary>The memory that the prepared weight holds, in bytes.</summary>
    long ByteLength { get; }

    /// <summary>The bytes that a product reads of the weight at least once: what it holds, or what it uses where that lies.</summary>
    long ReadBytes => ByteLength;
}
