using System.Runtime.Intrinsics;
using LtxEngine.Kernels.Cpu.Vectors;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>
/// The functions of single registers against double precision, in units in the last place. 512 and 256 bits run everywhere: where the
/// processor lacks them the runtime computes them in pieces.
/// </summary>
public sealed unsafe class VectorMathTests
{
    [Fact]
    public void Exp_is_within_two_units_in_the_last_place()
    {
        CheckExp<Lanes512, Vector512<float>>();
        CheckExp<Lanes256, Vector256<float>>();
        CheckExp<Lanes128, Vector128<float>>();
    }

    [Fact]
    public void Exp_of_special_values_is_exact()
    {
        CheckSpecial<Lanes512, Vector512<float>>();
        CheckSpecial<Lanes256, Vector256<float>>();
        CheckSpecial<Lanes128, Vector128<float>>();
    }

    [Fact]
    public void Lanes_agree_with_scalar_arithmetic()
    {
        CheckLanes<Lanes512, Vector512<float>>();
        CheckLanes<Lanes256, Vector256<float>>();
        CheckLanes<Lanes128, Vector128<float>>();
    }

    [Fact]
    public void Bf16_pairs_are_those_of_the_conversion()
    {
        CheckPairs<Lanes512, Vector512<float>>();
        CheckPairs<Lanes256, Vector256<float>>();
        CheckPairs<Lanes128, Vector128<float>>();
    }

    private static void CheckPairs<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        // Every upper half of an fp32 with the lower halves around a tie, infinities included.
        uint[] lowerHalves = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        float* values = stackalloc float[32];
        uint* pairs = stackalloc uint[16];
        uint* rows = stackalloc uint[16];
        byte[] expected = new byte[64];
        for (uint start = 0; start < 65536; start += 2)
        {
            for (int i = 0; i < 2 * TLanes.Count; i++)
            {
                values[i] = BitConverter.UInt32BitsToSingle(((start + ((uint)i % 2)) << 16) | lowerHalves[i / 2 % lowerHalves.Length]);
            }

            TensorConversion.FromFloat32(new ReadOnlySpan<float>(values, 2 * TLanes.Count), DataType.BFloat16, expected.AsSpan(0, 4 * TLanes.Count));
            TLanes.StoreBrainPairs(pairs, values);
            TLanes.StoreBrainRows(rows, TLanes.Load(values), TLanes.Load(values + TLanes.Count));
            for (int i = 0; i < 2 * TLanes.Count; i++)
            {
                ushort value = BitConverter.ToUInt16(expected, 2 * i);
                ushort inPairs = (ushort)(pairs[i / 2] >> (16 * (i % 2)));
                ushort inRows = (ushort)(rows[i % TLanes.Count] >> (16 * (i / TLanes.Count)));
                Assert.Equal(inPairs, inRows);
                if (float.IsNaN(values[i]))
                {
                    Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle((uint)inPairs << 16)));
                }
                else
                {
                    Assert.Equal(value, inPairs);
                }
            }
        }
    }

    private static void CheckExp<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (double x = -104.5; x < 89; x += 0.00371)
        {
            float argument = (float)x;
            double expected = Math.Exp(argument);
            Assert.InRange(ErrorInUnits(First<TLanes, TVector>(VectorMath.Exp<TLanes, TVector>(TLanes.Broadcast(argument))), expected), 0, 2);
            if (argument is <= 0 and >= -87)
            {
                float negative = First<TLanes, TVector>(VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Broadcast(argument)));
                Assert.InRange(ErrorInUnits(negative, expected), 0, 2);
                float rough = First<TLanes, TVector>(VectorMath.RoughExpOfNegative<TLanes, TVector>(TLanes.Broadcast(argument)));
                Assert.InRange(Math.Abs(rough - expected) / expected, 0, 6e-5);
            }
        }
    }

    private static double ErrorInUnits(float actual, double expected)
    {
        if (expected > float.MaxValue)
        {
            // The last values below the overflow may round up to it.
            return float.IsPositiveInfinity(actual) ? 0 : (expected - actual) / 2e31;
        }

        double unit = Math.Max(Math.ScaleB(1, (int)Math.Floor(Math.Log2(expected)) - 23), float.Epsilon);
        return Math.Abs(actual - expected) / unit;
    }

    private static void CheckSpecial<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        (float Argument, float Expected)[] values =
        [
            (0f, 1f), (-0f, 1f), (float.Epsilon, 1f), (float.NegativeInfinity, 0f), (float.PositiveInfinity, float.PositiveInfinity),
            (float.NaN, float.NaN), (-3e38f, 0f), (3e38f, float.PositiveInfinity), (-200f, 0f), (200f, float.PositiveInfinity),
        ];
        foreach ((float argument, float expected) in values)
        {
            Assert.Equal(expected, First<TLanes, TVector>(VectorMath.Exp<TLanes, TVector>(TLanes.Broadcast(argument))));
        }

        Assert.Equal(1f, First<TLanes, TVector>(VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Zero)));
        Assert.Equal(float.NaN, First<TLanes, TVector>(VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Broadcast(float.NaN))));
        float smallest = First<TLanes, TVector>(VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Broadcast(float.NegativeInfinity)));
        Assert.InRange(smallest, 0f, 2e-38f);
    }

    private static void CheckLanes<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* values = stackalloc float[TLanes.Count];
        uint* pairs = stackalloc uint[TLanes.Count];
        float sum = 0;
        for (int i = 0; i < TLanes.Count; i++)
        {
            values[i] = i + 1;
            sum += i + 1;
            pairs[i] = ((uint)BitConverter.SingleToUInt32Bits(-2f * i) & 0xFFFF0000u) | (BitConverter.SingleToUInt32Bits(i) >> 16);
        }

        TVector vector = TLanes.Load(values);
        Assert.Equal(sum, TLanes.Sum(vector));
        TVector swapped = TLanes.SwapPairs(vector);
        TVector lower = TLanes.WidenLower(pairs);
        TVector upper = TLanes.WidenUpper(pairs);
        for (int i = 0; i < TLanes.Count; i++)
        {
            Assert.Equal((i ^ 1) + 1, ((float*)&swapped)[i]);
            Assert.Equal(i, ((float*)&lower)[i]);
            Assert.Equal(-2f * i, ((float*)&upper)[i]);
        }

        for (int n = -126; n <= 127; n++)
        {
            Assert.Equal(MathF.ScaleB(1f, n), First<TLanes, TVector>(TLanes.PowerOfTwo(TLanes.Broadcast(n))));
        }
    }

    private static float First<TLanes, TVector>(TVector vector)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => *(float*)&vector;
}
