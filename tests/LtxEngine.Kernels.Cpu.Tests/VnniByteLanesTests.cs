using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Vectors;
using static Iced.Intel.AssemblerRegisters;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>
/// The path for AVX-VNNI, piece by piece, on machines without it: the micro-kernel on a model of the instruction; which instruction the lanes ask for,
/// with which operands; what that instruction does with them. Where there is AVX-VNNI, <see cref="Avx2BytesConformance"/> runs all of it together.
/// </summary>
public sealed unsafe class VnniByteLanesTests
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SumOfProducts(nint sum, nint unsigned, nint signed);

    [Fact]
    public void The_micro_kernel_computes_what_a_plain_loop_over_the_layout_does()
    {
        Check<RowCounts.Rows1>();
        Check<RowCounts.Rows2>();
        Check<RowCounts.Rows3>();
        Check<RowCounts.Rows4>();
        Check<RowCounts.Rows5>();
        Check<RowCounts.Rows6>();
    }

    [Fact]
    public void The_lanes_ask_for_the_instruction_with_the_sum_then_the_unsigned_then_the_signed_bytes()
    {
        MethodInfo method = typeof(VnniByteLanes256).GetMethod(nameof(VnniByteLanes256.MultiplyAdd))!;
        Assert.Equal(["a", "b", "c"], method.GetParameters().Select(parameter => parameter.Name!));
        string[] expected =
        [
            "ldarg 2", "call Vector256.AsInt32", "ldarg 0", "call Vector256.AsByte", "ldarg 1", "call Vector256.AsSByte",
            "call AvxVnni.MultiplyWideningAndAdd", "call Vector256.AsSingle", "ret",
        ];
        List<string> actual = Read(method, out MethodBase? instruction);
        Assert.Equal(expected, actual);
        Assert.Equal(
            [typeof(Vector256<int>), typeof(Vector256<byte>), typeof(Vector256<sbyte>)], instruction!.GetParameters().Select(parameter => parameter.ParameterType));
    }

    [Fact]
    public void Everything_else_of_the_lanes_is_that_of_the_model()
    {
        float* values = stackalloc float[8];
        float* stored = stackalloc float[8];
        for (int i = 0; i < 8; i++)
        {
            values[i] = BitConverter.Int32BitsToSingle((i * 1_000_003) - 4_000_000);
        }

        Vector256<float> x = VnniByteLanes256.Load(values);
        VnniByteLanes256.Store(stored, VnniByteLanes256.Add(x, VnniByteLanes256.Broadcast(values[5])));
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(values[i]) + BitConverter.SingleToInt32Bits(values[5]), BitConverter.SingleToInt32Bits(stored[i]));
        }

        Assert.Equal(ModelByteLanes256.Count, VnniByteLanes256.Count);
        Assert.Equal(Vector256<int>.Zero, VnniByteLanes256.Zero.AsInt32());
    }

    [Fact]
    public void The_instruction_does_what_the_model_says()
    {
        // In the encoding of AVX-VNNI, and in that of AVX-512 VNNI, which is the same operation and may be there alone.
        Assert.Equal((Code.VEX_Vpdpbusd_ymm_ymm_ymmm256, CpuidFeature.AVX_VNNI), Disassemble(Assemble(isVex: true)));
        Assert.Equal((Code.EVEX_Vpdpbusd_ymm_k1z_ymm_ymmm256b32, CpuidFeature.AVX512_VNNI), Disassemble(Assemble(isVex: false)));
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !(AvxVnni.IsSupported || AssembledMicroKernels.For(MicroKernelKind.ByteQuads) is not null))
        {
            Assert.False(AvxVnni.IsSupported);
            return;
        }

        using ExecutableMemory code = ExecutableMemory.TryCreate(Assemble(AvxVnni.IsSupported))!;
        SumOfProducts run = Marshal.GetDelegateForFunctionPointer<SumOfProducts>(code.DangerousGetHandle());
        Random random = new(1);
        Vector256<int>* sum = stackalloc Vector256<int>[1];
        byte* left = stackalloc byte[32];
        sbyte* right = stackalloc sbyte[32];
        for (int attempt = 0; attempt < 200; attempt++)
        {
            for (int i = 0; i < 32; i++)
            {
                // The extremes first: sums of two products beyond 16 bits.
                left[i] = attempt == 0 ? byte.MaxValue : (byte)random.Next(256);
                right[i] = attempt == 0 ? (i < 16 ? sbyte.MinValue : sbyte.MaxValue) : (sbyte)random.Next(-128, 128);
            }

            *sum = Vector256.Create(random.Next(), 1, 2, 3, random.Next(), -5, 0, int.MaxValue - 1);
            Vector256<int> expected = ModelByteLanes256.Dot(*sum, Vector256.Load(left), Vector256.Load(right));
            run((nint)sum, (nint)left, (nint)right);
            Assert.Equal(expected, *sum);
        }
    }

    private static void Check<TRows>()
        where TRows : struct, IRowCount
    {
        foreach (int steps in new[] { 2, 6, 64 })
        {
            foreach (int accumulate in new[] { -1, 0, 1 })
            {
                MicroKernelModel model = new(MicroKernelKind.ByteQuads, TRows.Value, steps);
                float[] actual = model.Run(&MicroKernel.Run<ModelByteLanes256, Vector256<float>, TRows, WordElements<ModelByteLanes256, Vector256<float>>>, accumulate);
                Assert.Equal(model.Expected(accumulate != 0).Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    /// <summary>The instructions of a method of nothing but arguments and calls.</summary>
    private static List<string> Read(MethodInfo method, out MethodBase? instruction)
    {
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        List<string> read = [];
        instruction = null;
        for (int i = 0; i < code.Length; i++)
        {
            if (code[i] == OpCodes.Call.Value)
            {
                MethodBase called = method.Module.ResolveMethod(BitConverter.ToInt32(code, i + 1))!;
                instruction = called.DeclaringType == typeof(AvxVnni) ? called : instruction;
                read.Add($"call {called.DeclaringType!.Name}.{called.Name}");
                i += sizeof(int);
            }
            else
            {
                read.Add(code[i] == OpCodes.Ret.Value ? "ret" : $"ldarg {code[i] - OpCodes.Ldarg_0.Value}");
            }
        }

        return read;
    }

    /// <summary>*sum = VPDPBUSD(*sum, *unsigned, *signed), by the calling convention of this machine.</summary>
    private static byte[] Assemble(bool isVex)
    {
        Assembler code = new(64) { PreferVex = isVex };
        (AssemblerRegister64 sum, AssemblerRegister64 unsigned, AssemblerRegister64 signed) = OperatingSystem.IsWindows() ? (rcx, rdx, r8) : (rdi, rsi, rdx);
        code.vmovups(ymm0, __ymmword_ptr[sum]);
        code.vmovups(ymm1, __ymmword_ptr[unsigned]);
        code.vpdpbusd(ymm0, ymm1, __ymmword_ptr[signed]);
        code.vmovups(__ymmword_ptr[sum], ymm0);
        code.vzeroupper();
        code.ret();
        using MemoryStream bytes = new();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private static (Code Code, CpuidFeature Feature) Disassemble(byte[] bytes)
    {
        Decoder decoder = Decoder.Create(64, bytes);
        while (decoder.IP < (ulong)bytes.Length)
        {
            Instruction read = decoder.Decode();
            if (read.Mnemonic == Mnemonic.Vpdpbusd)
            {
                Assert.Equal(Register.YMM0, read.Op0Register);
                Assert.Equal(Register.YMM1, read.Op1Register);
                Assert.Equal(OpKind.Memory, read.Op2Kind);
                return (read.Code, read.CpuidFeatures.First(feature => feature is CpuidFeature.AVX_VNNI or CpuidFeature.AVX512_VNNI));
            }
        }

        throw new InvalidOperationException("The instruction is missing.");
    }
}
