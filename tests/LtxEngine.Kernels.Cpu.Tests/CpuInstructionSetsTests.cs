using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Testing;

namespace LtxEngine.Kernels.Cpu.Tests;

public sealed class CpuInstructionSetsTests
{
    [Fact]
    public void The_widest_set_that_the_runtime_reports_is_chosen()
    {
        string expected = Environment.GetEnvironmentVariable(InstructionSetRunner.ExpectationVariable)
            ?? (Avx512F.IsSupported && Vector512.IsHardwareAccelerated ? "Avx512" : Avx2.IsSupported && Fma.IsSupported ? "Avx2" : "Portable");
        Assert.Equal(expected, CpuInstructionSets.Best.ToString());
        using CpuComputeDevice device = new(2);
        Assert.Equal(expected, device.InstructionSet.ToString());
        Assert.Equal($"cpu ({CpuInstructionSets.Describe(CpuInstructionSets.Best)}, 2 threads)", device.Name);
    }

    [Fact]
    public void A_set_that_is_not_there_is_refused()
    {
        foreach (CpuInstructionSet instructionSet in Enum.GetValues<CpuInstructionSet>())
        {
            Exception? exception = Record.Exception(() => new CpuComputeDevice(1, instructionSet).Dispose());
            Assert.Equal(CpuInstructionSets.IsSupported(instructionSet), exception is null);
        }
    }
}
