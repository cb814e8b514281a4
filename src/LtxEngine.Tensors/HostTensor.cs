namespace LtxEngine.Tensors;

/// <summary>An fp32 tensor in managed memory: what networks and graphs hand to each other between stages.</summary>
/// <param name="Shape">The shape; its element count equals the length of <paramref name="Data"/>.</param>
/// <param name="Data">The values, row-major.</param>
internal sealed record HostTensor(TensorShape Shape, float[] Data)
{
    /// <summary>Creates a zero tensor.</summary>
    /// <param name="dimensions">Extents, slowest axis first.</param>
    public static HostTensor Zeros(params ReadOnlySpan<long> dimensions)
    {
        TensorShape shape = new(dimensions);
        return new HostTensor(shape, new float[shape.ElementCount]);
    }
}
