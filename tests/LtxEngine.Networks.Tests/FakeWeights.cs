namespace LtxEngine.Networks.Tests;

internal sealed class FakeWeights(int block) : IDisposable
{
    public int Block => block;

    public bool IsDisposed { get; private set; }

    public void Dispose() => IsDisposed = true;
}
