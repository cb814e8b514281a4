namespace LtxEngine.Kernels;

/// <summary>A device has not enough memory for a buffer or a weight, or for what a request was planned to need.</summary>
public sealed class OutOfDeviceMemoryException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="device">The device, as people call it.</param>
    /// <param name="requestedBytes">The size that was asked for.</param>
    /// <param name="innerException">What the system reported.</param>
    public OutOfDeviceMemoryException(string device, long requestedBytes, Exception? innerException)
        : base(
            $"The device '{device}' refused {requestedBytes} bytes ({requestedBytes / (1024.0 * 1024 * 1024):F2} GiB) of memory. "
            + "Use a smaller size or fewer frames, or free memory.",
            innerException) => RequestedBytes = requestedBytes;

    /// <summary>Creates the exception before anything was asked of a device.</summary>
    /// <param name="arithmetic">What is needed, and what there is.</param>
    /// <param name="requestedBytes">The size that would be needed.</param>
    internal OutOfDeviceMemoryException(string arithmetic, long requestedBytes)
        : base(arithmetic) => RequestedBytes = requestedBytes;

    /// <summary>The size that was asked for, in bytes.</summary>
    public long RequestedBytes { get; }
}
