namespace LtxEngine.Kernels;

/// <summary>
/// fp32 memory of a device. A handle only: the values are reached by <see cref="IComputeDevice.Upload"/> and
/// <see cref="IComputeDevice.Download"/>. Disposing frees the memory after every operation queued before.
/// </summary>
internal abstract class DeviceBuffer : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="length">The number of fp32 elements, ≥ 0.</param>
    protected DeviceBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
    }

    /// <summary>The number of fp32 elements.</summary>
    public long Length { get; }

    /// <summary>The whole buffer as a matrix.</summary>
    /// <param name="rows">Rows, ≥ 0.</param>
    /// <param name="columns">Columns, ≥ 1; rows · columns must fit the buffer.</param>
    public DeviceMatrix AsMatrix(int rows, int columns) => new(this, 0, rows, columns, columns);

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
