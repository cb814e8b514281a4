using Iced.Intel;
using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>The assembled bytes read back by a disassembler, for both calling conventions whatever this machine is.</summary>
public sealed class MicroKernelAssemblerTests
{
    public static TheoryData<string, int, bool> Kernels
    {
        get
        {
            TheoryData<string, int, bool> data = [];
            foreach (MicroKernelKind kind in Enum.GetValues<MicroKernelKind>())
            {
                for (int rows = 1; rows <= Panel.MaximumRows; rows++)
                {
                    data.Add(kind.ToString(), rows, false);
                    data.Add(kind.ToString(), rows, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_row_meets_both_halves_of_the_columns_once(string name, int rows, bool isWindows)
    {
        MicroKernelKind kind = Enum.Parse<MicroKernelKind>(name);
        List<Instruction> code = Disassemble(kind, rows, isWindows);
        Mnemonic multiply = kind switch
        {
            MicroKernelKind.BrainPairs => Mnemonic.Vdpbf16ps,
            MicroKernelKind.ByteQuads => Mnemonic.Vpdpbusd,
            _ => Mnemonic.Vfmadd231ps,
        };
        int rowOfWord = -1;
        List<(Register Sum, int Row, Register Columns)> products = [];
        foreach (Instruction i in code)
        {
            if (i.Mnemonic == Mnemonic.Vpbroadcastd)
            {
                Assert.Equal(Register.RAX, i.MemoryBase);
                Assert.Equal(0ul, i.MemoryDisplacement64 % 4);
                rowOfWord = (int)i.MemoryDisplacement64 / 4;
            }
            else if (i.Mnemonic == multiply)
            {
                // The broadcast bytes are the unsigned operand, the columns the signed one.
                Assert.Equal(Register.ZMM30 + (rowOfWord % rows % 2), i.Op1Register);
                products.Add((i.Op0Register, rowOfWord, i.Op2Register));
            }
        }

        // Words behind those of all rows belong to a second step.
        int steps = kind == MicroKernelKind.WidenedPairs ? 2 : 1;
        IEnumerable<(Register, int, Register)> expected = Enumerable.Range(0, steps * rows).SelectMany(word => new[]
        {
            (Register.ZMM0 + (2 * (word % rows)), word, Register.ZMM28), (Register.ZMM0 + (2 * (word % rows)) + 1, word, Register.ZMM29),
        });
        Assert.Equal(expected, products);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_loop_advances_by_one_step_and_the_tile_is_written_whole(string name, int rows, bool isWindows)
    {
        MicroKernelKind kind = Enum.Parse<MicroKernelKind>(name);
        List<Instruction> code = Disassemble(kind, rows, isWindows);
        ulong steps = kind == MicroKernelKind.WidenedPairs ? 2 : 1ul;
        Instruction left = Assert.Single(code, i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.RAX);
        Instruction right = Assert.Single(code, i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.R10);
        Instruction next = Assert.Single(code, i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.R9);
        Assert.Equal(4ul * steps * (ulong)rows, left.GetImmediate(1));
        Assert.Equal(128ul, right.GetImmediate(1));
        Assert.Equal((ulong)MicroKernel.NextLeftBytesPerPair / 2 * steps, next.GetImmediate(1));
        Assert.Equal(Register.R9, code.Last(i => i.Mnemonic == Mnemonic.Prefetcht0).MemoryBase);

        // Back to behind the zeroing of the tile, forwards to the stores.
        Instruction back = Assert.Single(code, i => i.Mnemonic == Mnemonic.Jne);
        Assert.Equal(Mnemonic.Prefetcht0, code.Single(i => i.IP == back.NearBranch64).Mnemonic);
        Instruction skip = Assert.Single(code, i => i.Mnemonic == Mnemonic.Jle);
        Assert.Equal(Mnemonic.Vmovups, code.Single(i => i.IP == skip.NearBranch64).Mnemonic);

        // Over the zeroing to where the tile is loaded instead, and over that into the loop.
        Instruction loads = Assert.Single(code, i => i.Mnemonic == Mnemonic.Js);
        Assert.Equal(Mnemonic.Vmovups, code.Single(i => i.IP == loads.NearBranch64).Mnemonic);
        Assert.Equal(back.NearBranch64, Assert.Single(code, i => i.Mnemonic == Mnemonic.Jmp).NearBranch64);
        Assert.Equal(
            Enumerable.Range(0, 2 * rows).Select(i => ((ulong)(64 * i), Register.ZMM0 + i)),
            code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op1Kind == OpKind.Memory && i.MemoryBase == Register.R11).Select(i => (i.MemoryDisplacement64, i.Op0Register)));
        Assert.Equal(
            Enumerable.Range(0, 2 * rows).Select(i => ((ulong)(64 * i), Register.ZMM0 + i)),
            code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Kind == OpKind.Memory && i.MemoryBase == Register.R11).Select(i => (i.MemoryDisplacement64, i.Op1Register)));
        Assert.Equal(2 * rows, code.Count(i => i.Mnemonic is Mnemonic.Vaddps or Mnemonic.Vpaddd));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Registers_of_the_caller_come_back_as_they_were(string name, int rows, bool isWindows)
    {
        List<Instruction> code = Disassemble(Enum.Parse<MicroKernelKind>(name), rows, isWindows);
        InstructionInfoFactory factory = new();
        HashSet<Register> written = [];
        foreach (Instruction i in code)
        {
            foreach (UsedRegister used in factory.GetInfo(i).GetUsedRegisters())
            {
                if (used.Access is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite)
                {
                    written.Add(used.Register.GetFullRegister());
                }
            }
        }

        Register[] general = [.. written.Where(r => r.IsGPR64())];
        Assert.Subset(new HashSet<Register> { Register.RAX, Register.RCX, Register.RDX, Register.R8, Register.R9, Register.R10, Register.R11, Register.RSP }, new HashSet<Register>(general));
        Assert.Equal(Mnemonic.Ret, code[^1].Mnemonic);
        if (!isWindows)
        {
            return;
        }

        // xmm6 … xmm15 are the caller's: saved and restored at the same places when the tile uses them, and rsp comes back.
        bool uses = 2 * rows > 6;
        var saved = code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Kind == OpKind.Memory && i.MemoryBase == Register.RSP).Select(i => (i.Op1Register, i.MemoryDisplacement64)).ToList();
        var restored = code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op1Kind == OpKind.Memory && i.MemoryBase == Register.RSP).Select(i => (i.Op0Register, i.MemoryDisplacement64)).ToList();
        Assert.Equal(saved, restored);
        Assert.Equal(uses ? Enumerable.Range(0, 10).Select(i => Register.XMM6 + i) : [], saved.Select(s => s.Op1Register));
        Assert.Equal(
            code.Where(i => i.Mnemonic == Mnemonic.Sub && i.Op0Register == Register.RSP).Sum(i => (long)i.GetImmediate(1)),
            code.Where(i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.RSP).Sum(i => (long)i.GetImmediate(1)));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void No_instruction_needs_more_than_the_processor_was_asked_for(string name, int rows, bool isWindows)
    {
        MicroKernelKind kind = Enum.Parse<MicroKernelKind>(name);
        CpuidFeature multiply = kind switch
        {
            MicroKernelKind.BrainPairs => CpuidFeature.AVX512_BF16,
            MicroKernelKind.ByteQuads => CpuidFeature.AVX512_VNNI,
            _ => CpuidFeature.AVX512BW,
        };
        CpuidFeature[] allowed =
        [
            multiply, CpuidFeature.AVX512F, CpuidFeature.AVX, CpuidFeature.SSE, CpuidFeature.INTEL8086, CpuidFeature.INTEL386, CpuidFeature.X64,
            CpuidFeature.INTEL186, CpuidFeature.INTEL386_ONLY,
        ];
        Assert.All(Disassemble(kind, rows, isWindows), i => Assert.All(i.CpuidFeatures, feature => Assert.Contains(feature, allowed)));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_code_computes_what_a_plain_loop_over_the_layout_does(string name, int rows, bool isWindows)
    {
        MicroKernelKind kind = Enum.Parse<MicroKernelKind>(name);
        if (isWindows != OperatingSystem.IsWindows() || AssembledMicroKernels.For(kind) is not { } kernels)
        {
            // What cannot run here is what the disassembly above is for.
            Assert.True(isWindows != OperatingSystem.IsWindows() || !AssembledMicroKernels.IsSupported(kind) || Environment.GetEnvironmentVariable(AssembledMicroKernels.SwitchVariable) == "1");
            return;
        }

        foreach (int steps in kind == MicroKernelKind.WidenedPairs ? new[] { 2, 4, 14, 64 } : new[] { 1, 2, 7, 64 })
        {
            foreach (int accumulate in new[] { -1, 0, 1 })
            {
                MicroKernelModel model = new(kind, rows, steps);
                float[] expected = model.Expected(accumulate != 0);
                Assert.Equal(expected, model.Run(kernels, accumulate));
            }
        }
    }

    [Fact]
    public unsafe void Assembled_and_compiled_fp32_kernels_give_the_same_bits()
    {
        if (!CpuInstructionSets.IsSupported(CpuInstructionSet.Avx512))
        {
            Assert.Null(AssembledMicroKernels.For(MicroKernelKind.Singles));
            return;
        }

        const int Rows = Panel.MaximumRows, Steps = 38;
        using KernelTable assembled = KernelTable.For(CpuInstructionSet.Avx512, ComputePrecision.Single, allowsMachineCode: true);
        using KernelTable compiled = KernelTable.For(CpuInstructionSet.Avx512, ComputePrecision.Single, allowsMachineCode: false);
        Random random = new(7);
        using AlignedMemory left = new(Rows * Steps * sizeof(float), null);
        using AlignedMemory right = new(Panel.Columns * Steps * sizeof(float), null);
        Fill((float*)left.Pointer, Rows * Steps);
        Fill((float*)right.Pointer, Panel.Columns * Steps);
        bool isOff = AssembledMicroKernels.For(MicroKernelKind.Singles) is null;
        Assert.Equal(isOff, assembled.Singles.AssembledKernels is null);
        Assert.True(compiled.Singles.AssembledKernels is null);
        foreach ((ProductTactic one, ProductTactic other) in new[] { (assembled.Singles, compiled.Singles), (assembled.WidenedPairs, compiled.WidenedPairs) })
        {
            for (int rows = 1; rows <= Rows; rows++)
            {
                float[] expected = new float[Rows * Panel.Columns];
                float[] actual = new float[Rows * Panel.Columns];
                fixed (float* e = expected, a = actual)
                {
                    for (int accumulate = 0; accumulate < 2; accumulate++)
                    {
                        other.MicroKernels[rows]((float*)left.Pointer, right.Pointer, e, Steps, accumulate, left.Pointer);
                        if (isOff)
                        {
                            one.MicroKernels[rows]((float*)left.Pointer, right.Pointer, a, Steps, accumulate, left.Pointer);
                        }
                        else
                        {
                            one.AssembledKernels[rows]((float*)left.Pointer, right.Pointer, a, Steps, accumulate, left.Pointer);
                        }
                    }
                }

                Assert.Equal(expected, actual);
                Assert.NotEqual(0, actual[(rows * Panel.Columns) - 1]);
            }
        }

        void Fill(float* values, int count)
        {
            for (int i = 0; i < count; i++)
            {
                values[i] = random.NextSingle() - 0.5f;
            }
        }
    }

    [Fact]
    public void Code_pages_are_executable_and_not_writable()
    {
        if (!OperatingSystem.IsLinux() || AssembledMicroKernels.For(MicroKernelKind.ByteQuads) is not { } kernels)
        {
            Assert.True(!OperatingSystem.IsLinux() || !AssembledMicroKernels.IsSupported(MicroKernelKind.ByteQuads) || Environment.GetEnvironmentVariable(AssembledMicroKernels.SwitchVariable) == "1");
            return;
        }

        string mapping = File.ReadLines("/proc/self/maps").Single(line =>
        {
            string[] range = line.Split(' ')[0].Split('-');
            return Convert.ToUInt64(range[0], 16) <= (ulong)kernels.CodeAddress && (ulong)kernels.CodeAddress < Convert.ToUInt64(range[1], 16);
        });
        Assert.Equal("r-xp", mapping.Split(' ')[1]);
    }

    [Fact]
    public void The_switch_gives_the_compiled_path()
    {
        bool isOff = Environment.GetEnvironmentVariable(AssembledMicroKernels.SwitchVariable) == "1";
        foreach (MicroKernelKind kind in Enum.GetValues<MicroKernelKind>())
        {
            Assert.Equal(!isOff && AssembledMicroKernels.IsSupported(kind), AssembledMicroKernels.For(kind) is not null);
        }

        using CpuComputeDevice device = new(1, null, ComputePrecision.BrainFloat);
        Assert.Equal(
            isOff || !AssembledMicroKernels.IsSupported(MicroKernelKind.BrainPairs) ? ComputePrecision.Single : ComputePrecision.BrainFloat, device.Precision);
    }

    private static List<Instruction> Disassemble(MicroKernelKind kind, int rows, bool isWindows)
    {
        byte[] bytes = MicroKernelAssembler.Assemble(kind, rows, isWindows);
        Decoder decoder = Decoder.Create(64, bytes);
        List<Instruction> code = [];
        while (decoder.IP < (ulong)bytes.Length)
        {
            code.Add(decoder.Decode());
            Assert.False(code[^1].IsInvalid);
        }

        return code;
    }
}
