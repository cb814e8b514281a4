namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>
/// What the innermost loop of a product asks of a register: lanes of 32 bits, each an fp32 number or four bytes that count together.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface IProductLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>The number of lanes: 16, 8 or 4.</summary>
    static abstract int Count { get; }

    /// <summary>0 in every lane.</summary>
    static abstract TVector Zero { get; }

    /// <summary>One value, 32 bits as they are, in every lane.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>Reads <see cref="Count"/> consecutive values; any alignment.</summary>
    static abstract TVector Load(float* address);

    /// <summary>Writes <see cref="Count"/> consecutive values; any alignment.</summary>
    static abstract void Store(float* address, TVector value);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a · b + c.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>Asks the processor to bring a cache line near; harmless for any address.</summary>
    static abstract void Prefetch(void* address);
}
