using LtxEngine.Pipeline;

namespace LtxEngine.Tests.Pipeline;

public sealed class NetworkSlotTests
{
    [Theory]
    [InlineData(true, 1, 0)]
    [InlineData(false, 2, 2)]
    public void A_network_is_kept_or_freed_when_its_last_user_is_done(bool keep, int expectedLoads, int expectedDisposals)
    {
        Counter counter = new();
        NetworkSlot<Network> slot = new(_ => new Network(counter), new ResidencySetting(keep ? WeightResidencyMode.KeepLoaded : WeightResidencyMode.FreeAfterUse));
        using (NetworkUse<Network> outer = slot.Use(CancellationToken.None))
        {
            using NetworkUse<Network> inner = slot.Use(CancellationToken.None);
            Assert.Same(outer.Network, inner.Network);
            Assert.Equal(1, counter.Loads);
        }

        Assert.Equal(keep, slot.IsLoaded);
        slot.Use(CancellationToken.None).Dispose();

        Assert.Equal((expectedLoads, expectedDisposals), (counter.Loads, counter.Disposals));
        slot.Dispose();
        Assert.Equal(counter.Loads, counter.Disposals);
    }

    private sealed class Counter
    {
        public int Loads { get; set; }

        public int Disposals { get; set; }
    }

    private sealed class Network : IDisposable
    {
        private readonly Counter _counter;

        public Network(Counter counter)
        {
            _counter = counter;
            counter.Loads++;
        }

        public void Dispose() => _counter.Disposals++;
    }
}
