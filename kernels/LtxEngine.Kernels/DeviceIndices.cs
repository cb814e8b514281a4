namespace LtxEngine.Kernels;

/// <summary>
/// For each token the row of a small table that belongs to it: adaLN rows are computed once per distinct timestep and
/// looked up per token. Opaque; made by <see cref="IComputeDevice.CreateIndices"/>.
/// </summary>
internal abstract class DeviceIndices : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="count">The number of tokens.</param>
    /// <param name="maximum">The largest index, so that a table can be checked without reading device memory.</param>
    protected DeviceIndices(int count, int maximum)
    {
        Count = count;
        Maximum = maximum;
    }

    /// <summary>The number of tokens.</summary>
    public int Count { get; }

    /// <summary>The largest index.</summary>
    public int Maximum { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the device memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
