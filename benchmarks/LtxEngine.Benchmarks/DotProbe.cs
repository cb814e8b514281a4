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
    private const int CompiledChains = 8;
    private const int VnniChains = 10;

    private static readonly List<ExecutableMemory> Code = [];

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Loop(int steps);

    /// <summary>Chains of VDPBF16PS or VPDPBUSD on 512-bit registers: the loop and its operations per step; null where they cannot run.</summary>
    public static (Action<int> Loop, double OperationsPerStep)? Assembled(MicroKernelKind kind)
    {
        if (AssembledMicroKernels.For(kind) is null)
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
            if (kind == MicroKernelKind.BrainPairs)
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
        return (steps => run(steps), AssembledChains * 16 * 2 * (kind == MicroKernelKind.BrainPairs ? 2 : 4));
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

    /// <summary>Chains of VPDPBUSD on 256-bit registers; null where they cannot run.</summary>
    public static (Action<int> Loop, double OperationsPerStep)? AvxVnniDots() =>
        AvxVnni.IsSupported ? (steps => Dots256(steps), VnniChains * 32 * 2) : null;

    // The sums start differently, since the compiler makes one of chains that are alike.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Dots256(int steps)
    {
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> w = Vector256.Create((sbyte)1);
        Vector256<int> a = Vector256.Create(1), b = a + a, c = b + a, d = c + a, e = d + a, f = e + a, g = f + a, h = g + a, i = h + a, j = i + a;
        for (; steps > 0; steps--)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, x, w);
            b = AvxVnni.MultiplyWideningAndAdd(b, x, w);
            c = AvxVnni.MultiplyWideningAndAdd(c, x, w);
            d = AvxVnni.MultiplyWideningAndAdd(d, x, w);
            e = AvxVnni.MultiplyWideningAndAdd(e, x, w);
            f = AvxVnni.MultiplyWideningAndAdd(f, x, w);
            g = AvxVnni.MultiplyWideningAndAdd(g, x, w);
            h = AvxVnni.MultiplyWideningAndAdd(h, x, w);
            i = AvxVnni.MultiplyWideningAndAdd(i, x, w);
            j = AvxVnni.MultiplyWideningAndAdd(j, x, w);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    // Every chain has weights of its own: the compiler makes one of products that are alike.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Bytes256(int steps)
    {
        Vector256<byte> x = Vector256.Create((byte)3), next = Vector256.Create((byte)7);
        Vector256<short> one = Vector256.Create((short)1);
        Vector256<sbyte> k = Vector256.Create((sbyte)1), l = k + k, m = l + k, n = m + k, o = n + k, p = o + k, q = p + k, r = q + k;
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (; steps > 0; steps--)
        {
            x += next;
            a += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, k), one);
            b += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, l), one);
            c += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, m), one);
            d += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, n), one);
            e += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, o), one);
            f += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, p), one);
            g += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, q), one);
            h += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, r), one);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Bytes512(int steps)
    {
        Vector512<byte> x = Vector512.Create((byte)3), next = Vector512.Create((byte)7);
        Vector512<short> one = Vector512.Create((short)1);
        Vector512<sbyte> k = Vector512.Create((sbyte)1), l = k + k, m = l + k, n = m + k, o = n + k, p = o + k, q = p + k, r = q + k;
        Vector512<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (; steps > 0; steps--)
        {
            x += next;
            a += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, k), one);
            b += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, l), one);
            c += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, m), one);
            d += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, n), one);
            e += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, o), one);
            f += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, p), one);
            g += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, q), one);
            h += Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(x, r), one);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h);
    }
}
