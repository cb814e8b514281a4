namespace LtxEngine.Kernels;

/// <summary>What happens to the rows of a linear layer's input on their way into the product: no other memory ever holds the outcome.</summary>
internal readonly record struct LinearPrologue
{
    /// <summary>The norm that the rows are replaced by, or null.</summary>
    public RmsNorm? Norm { get; init; }

    /// <summary>
    /// [tokens, 3]: ranges of the input as <see cref="LinearEpilogue.Ranges"/> left them, or null; the device then looks for them itself where it needs
    /// them. The result is the same. Not together with a <see cref="Norm"/>.
    /// </summary>
    public DeviceMatrix? Ranges { get; init; }
}
