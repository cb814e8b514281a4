using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Tests;

public sealed class WeightCacheTests
{
    [Fact]
    public void A_weight_is_prepared_once_and_freed_with_its_last_lease()
    {
        WeightCache cache = new();
        FakeWeights prepared = new(0);
        int preparations = 0;
        WeightLease<FakeWeights> first = cache.Lease("key", Prepare);
        WeightLease<FakeWeights> second = cache.Lease("key", Prepare);
        Assert.Equal(1, preparations);
        Assert.Same(first.Value, second.Value);
        first.Dispose();
        first.Dispose();
        Assert.False(prepared.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => first.Value);
        second.Dispose();
        Assert.True(prepared.IsDisposed);
        Assert.Equal(0, cache.Count);

        FakeWeights Prepare()
        {
            preparations++;
            return prepared;
        }
    }

    [Fact]
    public void A_failed_preparation_leaves_nothing_behind()
    {
        WeightCache cache = new();
        Assert.Throws<InvalidOperationException>(() => cache.Lease<FakeWeights>("key", () => throw new InvalidOperationException("no")));
        Assert.Equal(0, cache.Count);
        using WeightLease<FakeWeights> lease = cache.Lease("key", () => new FakeWeights(3));
        Assert.Equal(3, lease.Value.Block);
    }
}
