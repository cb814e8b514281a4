using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>The embedded work queue passes the conformance suite.</summary>
public sealed class InProcessWorkQueueTests : WorkQueueConformance
{
    private protected override IWorkQueue Create() => new InProcessWorkQueue();
}
