namespace LtxEngine;

/// <summary>The device asked for cannot be used. The message lists what was tried and what to do; nothing else is used in its place.</summary>
public sealed class DeviceUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="device">The device asked for.</param>
    /// <param name="message">What was tried, what came of it and what to do.</param>
    /// <param name="innerException">The cause, if any.</param>
    public DeviceUnavailableException(ComputeDevice device, string message, Exception? innerException = null)
        : base(message, innerException) => Device = device;

    /// <summary>The device asked for.</summary>
    public ComputeDevice Device { get; }
}
