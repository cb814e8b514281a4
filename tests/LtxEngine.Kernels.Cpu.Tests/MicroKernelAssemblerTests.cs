using Iced.Intel;
using LtxEngine.Kernels.Cpu.MachineCode;
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
            foreach (DotInstruction instruction in Enum.GetValues<DotInstruction>())
            {
                for (int rows = 1; rows <= Panel.MaximumRows; rows++)
                {
                    data.Add(instruction.ToString(), rows, false);
                    data.Add(instruction.ToString(), rows, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_row_meets_both_halves_of_the_columns_once(string name, int rows, bool isWindows)
    {
        DotInstruction instruction = Enum.Parse<DotInstruction>(name);
        List<Instruction> code = Disassemble(instruction, rows, isWindows);
        Mnemonic dot = instruction == DotInstruction.BrainPairs ? Mnemonic.Vdpbf16ps : Mnemonic.Vpdpbusd;
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
            else if (i.Mnemonic == dot)
            {
                // The broadcast bytes are the unsigned operand, the columns the signed one.
                Assert.Equal(Register.ZMM30 + (rowOfWord % 2), i.Op1Register);
                products.Add((i.Op0Register, rowOfWord, i.Op2Register));
            }
        }

        IEnumerable<(Register, int, Register)> expected = Enumerable.Range(0, rows).SelectMany(row => new[]
        {
            (Register.ZMM0 + (2 * row), row, Register.ZMM28), (Register.ZMM0 + (2 * row) + 1, row, Register.ZMM29),
        });
        Assert.Equal(expected, products);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_loop_advances_by_one_step_and_the_tile_is_written_whole(string name, int rows, bool isWindows)
    {
        List<Instruction> code = Disassemble(Enum.Parse<DotInstruction>(name), rows, isWindows);
        Instruction left = Assert.Single(code, i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.RAX);
        Instruction right = Assert.Single(code, i => i.Mnemonic == Mnemonic.Add && i.Op0Register == Register.R10);
        Assert.Equal(4ul * (ulong)rows, left.GetImmediate(1));
        Assert.Equal(128ul, right.GetImmediate(1));

        // Back to behind the zeroing of the tile, forwards to the stores.
        Instruction back = Assert.Single(code, i => i.Mnemonic == Mnemonic.Jne);
        Assert.Equal(Mnemonic.Prefetcht0, code.Single(i => i.IP == back.NearBranch64).Mnemonic);
        Instruction skip = Assert.Single(code, i => i.Mnemonic == Mnemonic.Je);
        Assert.Equal(Mnemonic.Vmovups, code.Single(i => i.IP == skip.NearBranch64).Mnemonic);
        Assert.Equal(
            Enumerable.Range(0, 2 * rows).Select(i => ((ulong)(64 * i), Register.ZMM0 + i)),
            code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Kind == OpKind.Memory && i.MemoryBase == Register.R11).Select(i => (i.MemoryDisplacement64, i.Op1Register)));
        Assert.Equal(2 * rows, code.Count(i => i.Mnemonic is Mnemonic.Vaddps or Mnemonic.Vpaddd));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Registers_of_the_caller_come_back_as_they_were(string name, int rows, bool isWindows)
    {
        List<Instruction> code = Disassemble(Enum.Parse<DotInstruction>(name), rows, isWindows);
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
        Assert.Subset(new HashSet<Register> { Register.RAX, Register.RCX, Register.R8, Register.R10, Register.R11, Register.RSP }, new HashSet<Register>(general));
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
        DotInstruction instruction = Enum.Parse<DotInstruction>(name);
        CpuidFeature dot = instruction == DotInstruction.BrainPairs ? CpuidFeature.AVX512_BF16 : CpuidFeature.AVX512_VNNI;
        CpuidFeature[] allowed =
        [
            dot, CpuidFeature.AVX512F, CpuidFeature.AVX, CpuidFeature.SSE, CpuidFeature.INTEL8086, CpuidFeature.INTEL386, CpuidFeature.X64,
            CpuidFeature.INTEL186, CpuidFeature.INTEL386_ONLY,
        ];
        Assert.All(Disassemble(instruction, rows, isWindows), i => Assert.All(i.CpuidFeatures, feature => Assert.Contains(feature, allowed)));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_code_computes_what_a_plain_loop_over_the_layout_does(string name, int rows, bool isWindows)
    {
        DotInstruction instruction = Enum.Parse<DotInstruction>(name);
        if (isWindows != OperatingSystem.IsWindows() || AssembledMicroKernels.For(instruction) is not { } kernels)
        {
            // What cannot run here is what the disassembly above is for.
            Assert.True(isWindows != OperatingSystem.IsWindows() || !AssembledMicroKernels.IsSupported(instruction) || Environment.GetEnvironmentVariable(AssembledMicroKernels.SwitchVariable) == "1");
            return;
        }

        foreach (int steps in new[] { 1, 2, 7, 64 })
        {
            foreach (int accumulate in new[] { 0, 1 })
            {
                MicroKernelModel model = new(instruction, rows, steps);
                float[] expected = model.Expected(accumulate != 0);
                Assert.Equal(expected, model.Run(kernels, accumulate));
            }
        }
    }

    [Fact]
    public void Code_pages_are_executable_and_not_writable()
    {
        if (!OperatingSystem.IsLinux() || AssembledMicroKernels.For(DotInstruction.ByteQuads) is not { } kernels)
        {
            Assert.True(!OperatingSystem.IsLinux() || !AssembledMicroKernels.IsSupported(DotInstruction.ByteQuads) || Environment.GetEnvironmentVariable(AssembledMicroKernels.SwitchVariable) == "1");
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
        foreach (DotInstruction instruction in Enum.GetValues<DotInstruction>())
        {
            Assert.Equal(!isOff && AssembledMicroKernels.IsSupported(instruction), AssembledMicroKernels.For(instruction) is not null);
        }

        using CpuComputeDevice device = new(1, null, ComputePrecision.BrainFloat);
        Assert.Equal(
            isOff || !AssembledMicroKernels.IsSupported(DotInstruction.BrainPairs) ? ComputePrecision.Single : ComputePrecision.BrainFloat, device.Precision);
    }

    private static List<Instruction> Disassemble(DotInstruction instruction, int rows, bool isWindows)
    {
        byte[] bytes = MicroKernelAssembler.Assemble(instruction, rows, isWindows);
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
