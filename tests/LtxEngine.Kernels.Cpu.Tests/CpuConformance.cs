using LtxEngine.Kernels.Tests.Conformance;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>The conformance suite on the widest instruction set that the runtime reports.</summary>
public sealed class CpuConformance : ComputeDeviceConformance
{
    /// <inheritdoc/>
    internal override IComputeDevice CreateDevice(int threads) => new CpuDeviceProvider().Create(0, threads, ComputePrecision.Single);
}
