using LtxEngine.Networks.Transformer;

namespace LtxEngine.Networks.Tests;

/// <summary>Numbers computed by the original code (transformer.md §5.4).</summary>
public sealed class TimestepEmbeddingTests
{
    [Theory]
    [InlineData(0, 0.5623791, 0.8268795)]
    [InlineData(1, 0.7896267, 0.6135876)]
    [InlineData(127, 0.9942316, 0.1072541)]
    public void Cosines_come_first(int k, double cosine, double sine)
    {
        float[] embedding = new float[256];
        new TimestepEmbedding(256).Compute(1000, embedding);

        // One unit in the last place of the fp32 angle is 6e-5 at k = 0.
        Assert.InRange(embedding[k], cosine - 1e-4, cosine + 1e-4);
        Assert.InRange(embedding[128 + k], sine - 1e-4, sine + 1e-4);
    }

    [Fact]
    public void Zero_is_ones_then_zeros()
    {
        float[] embedding = new float[8];
        new TimestepEmbedding(8).Compute(0, embedding);
        Assert.Equal([1f, 1, 1, 1, 0, 0, 0, 0], embedding);
        new TimestepEmbedding(8, cosineFirst: false).Compute(0, embedding);
        Assert.Equal([0f, 0, 0, 0, 1, 1, 1, 1], embedding);
    }
}
