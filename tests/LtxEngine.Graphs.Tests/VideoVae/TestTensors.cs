using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.VideoVae;

/// <summary>Reproducible tensors.</summary>
internal static class TestTensors
{
    /// <summary>Values in [−1, 1] that depend on the seed only.</summary>
    public static HostTensor Random(int seed, params ReadOnlySpan<long> dimensions)
    {
        HostTensor tensor = HostTensor.Zeros(dimensions);
        Random random = new(seed);
        for (int i = 0; i < tensor.Data.Length; i++)
        {
            tensor.Data[i] = (2 * random.NextSingle()) - 1;
        }

        return tensor;
    }
}
