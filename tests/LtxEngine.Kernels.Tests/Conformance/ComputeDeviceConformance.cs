namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>
/// What every device must pass. A device's tests derive from this class and say how to create one. Results are compared with
/// <see cref="ReferenceOperations"/>; all matrices are strided views between guard values.
/// </summary>
public abstract partial class ComputeDeviceConformance
{
    /// <summary>Creates the device.</summary>
    /// <param name="threads">Number of threads, where the device has any.</param>
    internal abstract IComputeDevice CreateDevice(int threads);

    private DeviceUnderTest Start(int threads = 2) => new(CreateDevice(threads));
}
