using LtxEngine.Kernels;

namespace LtxEngine.Verification;

/// <summary>What the cases of one run share.</summary>
internal sealed class VerificationContext : IDisposable
{
    private readonly Lazy<IComputeDevice> _device;

    /// <summary>Creates a context.</summary>
    /// <param name="createDevice">Starts the device that networks run on, when a case asks for it.</param>
    /// <param name="threads">Threads of the compute device and of the graphs; 0 for the default.</param>
    public VerificationContext(Func<IComputeDevice> createDevice, int threads)
    {
        Threads = threads;
        _device = new Lazy<IComputeDevice>(createDevice);
    }

    /// <summary>Threads of the compute device and of the graphs; 0 for the default.</summary>
    public int Threads { get; }

    /// <summary>The device that networks run on.</summary>
    public IComputeDevice Device => _device.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }
    }
}
