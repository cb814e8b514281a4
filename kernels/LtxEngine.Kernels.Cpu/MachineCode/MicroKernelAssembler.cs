using Iced.Intel;
using LtxEngine.Kernels.Cpu.Products;
using static Iced.Intel.AssemblerRegisters;

namespace LtxEngine.Kernels.Cpu.MachineCode;

/// <summary>
/// Writes the micro-kernels of <see cref="MicroKernelKind"/>: the loop of <see cref="MicroKernel"/> for 512-bit registers. Where a dot-product
/// instruction stands in place of each multiply-add, a step of the depth is a word of two or four values. For fp32 the instructions are the
/// compiled ones in a better order, and the results the same bits.
/// <para>
/// Registers: zmm0 … zmm27 hold the tile (row r in zmm2r and zmm2r+1), zmm28 and zmm29 one step of 32 columns, zmm30 and zmm31 in turn
/// one word of a row in all lanes. rax walks along the left panel, r10 along the right panel, r9 along the left panel that comes next, r11 is the
/// tile, ecx counts steps down, r8d tells whether the sums start from the tile (below 0) and whether the
/// tile is added to (above). k1 selects the upper bf16 of each pair.
/// </para>
/// </summary>
internal static class MicroKernelAssembler
{
    // Bytes ahead of the current position at which right-hand data is asked for, about 300 cycles before use.
    private const int PrefetchDistance = 2048;
    private const int VectorBytes = 64;
    private const int StepBytes = Panel.Columns * sizeof(uint);

    // Windows wants the lower halves of xmm6 … xmm15 back as they were.
    private const int FirstKept = 6;
    private const int KeptCount = 10;

    private static readonly AssemblerRegisterZMM[] Registers =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private static readonly AssemblerRegisterXMM[] Kept = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    /// <summary>Assembles one micro-kernel with the arguments of <see cref="MicroKernel.Run"/>.</summary>
    /// <param name="kind">What is multiplied.</param>
    /// <param name="rows">Height of the tile, 1 … 14.</param>
    /// <param name="isWindows">The calling convention: Windows x64, else System V.</param>
    /// <returns>Position-independent code.</returns>
    public static byte[] Assemble(MicroKernelKind kind, int rows, bool isWindows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Panel.MaximumRows);
        Assembler code = new(64);
        Enter(code, rows, isWindows);
        bool isWidened = kind == MicroKernelKind.WidenedPairs;
        if (isWidened)
        {
            // A turn of the loop takes two steps. The mask has a bit for each bf16.
            code.shr(ecx, 1);
            code.mov(edx, 0xAAAA_AAAA);
            code.kmovd(k1, edx);
        }

        Label loop = code.CreateLabel();
        Label start = code.CreateLabel();
        code.test(r8d, r8d);
        code.js(start);
        for (int i = 0; i < 2 * rows; i++)
        {
            code.vpxord(Registers[i], Registers[i], Registers[i]);
        }

        code.jmp(loop);
        code.Label(ref start);
        for (int i = 0; i < 2 * rows; i++)
        {
            code.vmovups(Registers[i], __zmmword_ptr[r11 + (i * VectorBytes)]);
        }

        code.Label(ref loop);
        code.prefetcht0(__byte_ptr[r10 + PrefetchDistance]);
        code.prefetcht0(__byte_ptr[r10 + PrefetchDistance + VectorBytes]);
        code.prefetcht0(__byte_ptr[r9]);
        if (isWidened)
        {
            // A bf16 is the upper half of the fp32 with the same value.
            code.vpslld(zmm28, __zmmword_ptr[r10], 16);
            code.vpslld(zmm29, __zmmword_ptr[r10 + VectorBytes], 16);
            Step(code, kind, rows, 0);
            code.vmovdqu16(zmm28.k1.z, __zmmword_ptr[r10]);
            code.vmovdqu16(zmm29.k1.z, __zmmword_ptr[r10 + VectorBytes]);
            Step(code, kind, rows, rows * sizeof(uint));
        }
        else
        {
            code.vmovups(zmm28, __zmmword_ptr[r10]);
            code.vmovups(zmm29, __zmmword_ptr[r10 + VectorBytes]);
            Step(code, kind, rows, 0);
        }

        code.add(rax, (isWidened ? 2 : 1) * rows * sizeof(uint));
        code.add(r10, StepBytes);
        code.add(r9, MicroKernel.NextLeftBytesPerPair / (isWidened ? 1 : 2));
        code.dec(ecx);
        code.jne(loop);

        Label store = code.CreateLabel();
        code.test(r8d, r8d);
        code.jle(store);
        for (int i = 0; i < 2 * rows; i++)
        {
            AssemblerMemoryOperand before = __zmmword_ptr[r11 + (i * VectorBytes)];
            if (kind == MicroKernelKind.ByteQuads)
            {
                code.vpaddd(Registers[i], Registers[i], before);
            }
            else
            {
                code.vaddps(Registers[i], Registers[i], before);
            }
        }

        code.Label(ref store);
        for (int i = 0; i < 2 * rows; i++)
        {
            code.vmovups(__zmmword_ptr[r11 + (i * VectorBytes)], Registers[i]);
        }

        Leave(code, rows, isWindows);
        using MemoryStream bytes = new();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private static void Enter(Assembler code, int rows, bool isWindows)
    {
        if (!isWindows)
        {
            // rdi, rsi, rdx, ecx, r8d, r9
            code.mov(rax, rdi);
            code.mov(r10, rsi);
            code.mov(r11, rdx);
            return;
        }

        // rcx, rdx, r8, r9d, and the fifth and sixth behind the return address and 32 bytes of home space.
        code.mov(rax, rcx);
        code.mov(r10, rdx);
        code.mov(r11, r8);
        code.mov(ecx, r9d);
        code.mov(r8d, __dword_ptr[rsp + 40]);
        code.mov(r9, __qword_ptr[rsp + 48]);
        if (UsesKept(rows))
        {
            code.sub(rsp, (KeptCount * 16) + 8);
            for (int i = 0; i < KeptCount; i++)
            {
                code.vmovups(__xmmword_ptr[rsp + (i * 16)], Kept[i]);
            }
        }
    }

    private static void Leave(Assembler code, int rows, bool isWindows)
    {
        code.vzeroupper();
        if (isWindows && UsesKept(rows))
        {
            for (int i = 0; i < KeptCount; i++)
            {
                code.vmovups(Kept[i], __xmmword_ptr[rsp + (i * 16)]);
            }

            code.add(rsp, (KeptCount * 16) + 8);
        }

        code.ret();
    }

    private static bool UsesKept(int rows) => 2 * rows > FirstKept;

    /// <summary>Multiplies one step of all rows with the 32 columns in zmm28 and zmm29.</summary>
    private static void Step(Assembler code, MicroKernelKind kind, int rows, int offset)
    {
        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM word = Registers[30 + (row % 2)];
            code.vpbroadcastd(word, __dword_ptr[rax + offset + (row * sizeof(uint))]);
            Multiply(code, kind, Registers[2 * row], word, zmm28);
            Multiply(code, kind, Registers[(2 * row) + 1], word, zmm29);
        }
    }

    private static void Multiply(Assembler code, MicroKernelKind kind, AssemblerRegisterZMM sum, AssemblerRegisterZMM word, AssemblerRegisterZMM columns)
    {
        switch (kind)
        {
            case MicroKernelKind.BrainPairs:
                code.vdpbf16ps(sum, word, columns);
                break;
            case MicroKernelKind.ByteQuads:
                code.vpdpbusd(sum, word, columns);
                break;
            default:
                code.vfmadd231ps(sum, word, columns);
                break;
        }
    }
}
