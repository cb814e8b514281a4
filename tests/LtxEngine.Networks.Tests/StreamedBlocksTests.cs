using System.Collections.Concurrent;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Tests;

public sealed class StreamedBlocksTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 0)]
    [InlineData(5, 1)]
    [InlineData(5, 2)]
    [InlineData(3, 10)]
    public void Blocks_come_in_turn_and_no_more_than_the_window_is_held(int count, int prefetch)
    {
        ConcurrentBag<FakeWeights> all = [];
        int most = 0;
        using (StreamedBlocks<FakeWeights> blocks = new(count, prefetch, Load))
        {
            for (int pass = 0; pass < 3; pass++)
            {
                for (int block = 0; block < count; block++)
                {
                    FakeWeights weights = blocks.Acquire(block, CancellationToken.None);
                    Assert.Equal(block, weights.Block);
                    Assert.False(weights.IsDisposed);
                    blocks.Release(block, (block + 1) % blocks.Count);
                }
            }
        }

        Assert.All(all, weights => Assert.True(weights.IsDisposed));

        // The block that is just being loaded may come on top when the position moved on meanwhile.
        Assert.InRange(most, 1, Math.Min(count, prefetch + 1) + 1);

        FakeWeights Load(int block)
        {
            FakeWeights weights = new(block);
            all.Add(weights);
            most = Math.Max(most, all.Count(w => !w.IsDisposed));
            return weights;
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_next_try_loads_again()
    {
        bool fail = true;
        using StreamedBlocks<FakeWeights> blocks = new(2, 0, block => fail ? throw new IOException("disk gone") : new FakeWeights(block));
        Exception error = Assert.Throws<InvalidOperationException>(() => blocks.Acquire(0, CancellationToken.None));
        Assert.IsType<IOException>(error.InnerException);
        Assert.Contains("disk gone", error.Message, StringComparison.Ordinal);
        fail = false;
        FakeWeights? weights = null;
        while (weights is null)
        {
            try
            {
                weights = blocks.Acquire(0, CancellationToken.None);
            }
            catch (InvalidOperationException)
            {
                // The loader had started before the fault was gone.
            }
        }

        Assert.Equal(0, weights.Block);
    }

    [Fact]
    public void Waiting_can_be_cancelled()
    {
        using ManualResetEventSlim gate = new();
        using StreamedBlocks<FakeWeights> blocks = new(2, 0, block =>
        {
            gate.Wait();
            return new FakeWeights(block);
        });
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => blocks.Acquire(0, source.Token));
        gate.Set();
        Assert.Equal(0, blocks.Acquire(0, CancellationToken.None).Block);
    }

    [Fact]
    public void Any_block_can_be_asked_for()
    {
        using StreamedBlocks<FakeWeights> blocks = new(6, 1, block => new FakeWeights(block));
        foreach (int block in new[] { 3, 0, 5, 5, 1 })
        {
            Assert.Equal(block, blocks.Acquire(block, CancellationToken.None).Block);
            blocks.Release(block, (block + 1) % blocks.Count);
        }
    }
}
