using LtxEngine.Testing;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>The conformance suite with instruction sets hidden from the whole process, libraries included.</summary>
public sealed class SwitchedOffTests
{
    [Fact]
    public void Conformance_without_AVX_512() => Run(
        CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2) ? CpuInstructionSet.Avx2 : CpuInstructionSet.Portable, "DOTNET_EnableAVX512");

    [Fact]
    public void Conformance_without_AVX2() => Run(CpuInstructionSet.Portable, "DOTNET_EnableAVX2");

    // Without vectors everything is slow, and bf16 is the fp32 path that CpuConformance runs already.
    [Fact]
    public void Conformance_without_any_vector_instructions() => InstructionSetRunner.Run(
        typeof(SwitchedOffTests).Assembly,
        CpuInstructionSet.Portable.ToString(),
        ["DOTNET_EnableHWIntrinsic"],
        typeof(CpuInstructionSetsTests),
        typeof(VectorMathTests),
        typeof(TranspositionTests),
        typeof(CpuConformance),
        typeof(BytesConformance));

    [Fact]
    public void Conformance_without_code_made_at_run_time() => InstructionSetRunner.Run(
        typeof(SwitchedOffTests).Assembly,
        CpuInstructionSets.Best.ToString(),
        [MachineCode.AssembledMicroKernels.SwitchVariable + "=1"],
        typeof(MicroKernelAssemblerTests),
        typeof(CpuConformance),
        typeof(BrainConformance),
        typeof(BytesConformance));

    private static void Run(CpuInstructionSet expected, string variable) => InstructionSetRunner.Run(
        typeof(SwitchedOffTests).Assembly, expected.ToString(), [variable], typeof(CpuInstructionSetsTests), typeof(VectorMathTests), typeof(TranspositionTests), typeof(PanelWideningTests), typeof(CpuConformance), typeof(BrainConformance), typeof(BytesConformance));
}
