using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using LtxEngine.Kernels.Cpu.MachineCode;
using static Iced.Intel.AssemblerRegisters;

namespace LtxEngine.Benchmarks;

/// <summary>Independent chains of dot-product instructions in registers: what products of bf16 and of bytes could at best reach.</summary>
internal static class DotProbe
{
    private const int AssembledChains = 14;
    private const int CompiledChains = 10;

    private static readonly List<ExecutableMemory> Code = [];

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Loop(int steps);

    /// <summary>Chains of VDPBF16PS or VPDPBUSD on 512-bit registers: the loop and its operations per step; null where they cannot run.</summary>
    public static (Action<int> Loop, double OperationsPerStep)? Assembled(DotInstruction instruction)
    {
        if (AssembledMicroKernels.For(instruction) is null)
        {
            return null;
        }

        // Registers from 16 up belong to nobody in either calling convention.
        AssemblerRegisterZMM[] sums = [zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29];
        Assembler code = new(64);
        code.mov(eax, OperatingSystem.IsWindows() ? ecx : edi);
        Label loop = code.CreateLabel();
        foreach (AssemblerRegisterZMM register in (AssemblerRegisterZMM[])[.. sums, zmm30, zmm31])
        {
            code.vpxord(register, register, register);
        }

        code.Label(ref loop);
        for (int i = 0; i < AssembledChains; i++)
        {
            if (instruction == DotInstruction.BrainPairs)
            {
                code.vdpbf16ps(sums[i], zmm30, zmm31);
            }
            else
            {
                code.vpdpbusd(sums[i], zmm30, zmm31);
            }
        }

        code.dec(eax);
        code.jne(loop);
        code.vzeroupper();
        code.ret();
        using MemoryStream bytes = new();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        ExecutableMemory memory = ExecutableMemory.TryCreate(bytes.ToArray())!;
        Code.Add(memory);
        Loop run = Marshal.GetDelegateForFunctionPointer<Loop>(memory.DangerousGetHandle());
        return (steps => run(steps), AssembledChains * 16 * 2 * (instruction == DotInstruction.BrainPairs ? 2 : 4));
    }

    /// <summary>Chains of VPMADDUBSW, VPMADDWD and VPADDD; null where they cannot run.</summary>
    /// <param name="isWide">512-bit instead of 256-bit registers.</param>
    public static (Action<int> Loop, double OperationsPerStep)? Compiled(bool isWide)
    {
        if (isWide)
        {
            return Avx512BW.IsSupported ? (steps => Bytes512(steps), CompiledChains * 64 * 2) : null;
        }

        return Avx2.IsSupported ? (steps => Bytes256(steps), CompiledChains * 32 * 2) : null;
    }

    // The chains start differently: the compiler makes one of chains that are alike.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Bytes256(int steps)
    {
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> y = Vector256.Create((sbyte)2);
        Vector256<short> one = Vector256.Create((short)1);
        Vector256<int> a = Vector256<int>.One, b = a + a, c = b + a, d = c + a, e = d + a, f = e + a, g = f + a, h = g + a, i = h + a, j = i + a;
        for (; steps > 0; steps--)
        {
            // The input follows the sums, so that nothing can be computed once for all steps.
            x = (x.AsInt32() ^ a).AsByte();
            a += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y), one);
            b += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ b).AsByte(), y), one);
            c += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ c).AsByte(), y), one);
            d += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ d).AsByte(), y), one);
            e += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ e).AsByte(), y), one);
            f += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ f).AsByte(), y), one);
            g += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ g).AsByte(), y), one);
            h += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ h).AsByte(), y), one);
            i += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ i).AsByte(), y), one);
            j += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((x.AsInt32() ^ j).AsByte(), y), one);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Bytes512(int steps)
    {
        Vector512<byte> x = Vector512.Create((byte)3);
        Vector512<sbyte> y = Vector512.Create((sbyte)2);
        Vector512<short> one = Vector512.Create((short)1);
        Vector512<int> a = Vector512<int>.One, b = a + a, c = b + a, d = c + a, e = d + a, f = e + a, g = f + a, h = g + a, i = h + a, j = i + a;
        for (; steps > 0; steps--)
        {
            x = (x.AsInt32() ^ a).AsByte();
            a += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, y), one);
            b += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ b).AsByte(), y), one);
            c += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ c).AsByte(), y), one);
            d += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ d).AsByte(), y), one);
            e += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ e).AsByte(), y), one);
            f += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ f).AsByte(), y), one);
            g += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ g).AsByte(), y), one);
            h += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ h).AsByte(), y), one);
            i += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ i).AsByte(), y), one);
            j += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent((x.AsInt32() ^ j).AsByte(), y), one);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j);
    }
}
