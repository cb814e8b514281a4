using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Weights;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Tests;

public sealed unsafe class PanelWideningTests
{
    private const int Codes = 256;

    /// <summary>Every code has the exact bits of its value, NaN and infinities included, wherever it stands and whatever is left behind whole registers.</summary>
    [Theory]
    [InlineData(nameof(PanelFormat.Float8E4M3Pairs), nameof(DataType.Float8E4M3))]
    [InlineData(nameof(PanelFormat.Float8E5M2Pairs), nameof(DataType.Float8E5M2))]
    public void Every_code_becomes_its_value(string format, string dataType)
    {
        float[] values = new float[Codes];
        TensorConversion.ToFloat32(Enum.Parse<DataType>(dataType), [.. Enumerable.Range(0, Codes).Select(code => (byte)code)], values);
        Check(Enum.Parse<PanelFormat>(format), values);
    }

    [Fact]
    public void Every_signed_byte_becomes_its_value() =>
        Check(PanelFormat.SignedBytePairs, [.. Enumerable.Range(0, Codes).Select(code => (float)(sbyte)code)]);

    private static void Check(PanelFormat format, float[] values)
    {
        foreach (int count in new[] { 2, 62, 64, 66, 1024, 1090 })
        {
            for (int shift = 0; shift < Codes; shift++)
            {
                byte[] codes = [.. Enumerable.Range(0, count).Select(i => (byte)((i * 5) + shift))];
                ushort[] widened = new ushort[count + 1];
                widened[count] = 0xABCD;
                fixed (byte* from = codes)
                {
                    fixed (ushort* to = widened)
                    {
                        PanelWidening.Run(from, count, WideningTables.For(format), to);
                    }
                }

                Assert.Equal(codes.Select(code => BitConverter.SingleToUInt32Bits(values[code])), widened.SkipLast(1).Select(upper => (uint)upper << 16));
                Assert.Equal(0xABCD, widened[count]);
            }
        }
    }
}
