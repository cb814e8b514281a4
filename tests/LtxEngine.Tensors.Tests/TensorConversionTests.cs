using System.Runtime.InteropServices;

namespace LtxEngine.Tensors.Tests;

public sealed class TensorConversionTests
{
    private static double DecodeFloat(int bits, int exponentBits, int mantissaBits, bool hasInfinity)
    {
        int bias = (1 << (exponentBits - 1)) - 1;
        int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
        int mantissa = bits & ((1 << mantissaBits) - 1);
        double sign = (bits >> (exponentBits + mantissaBits)) == 0 ? 1 : -1;
        int allOnes = (1 << exponentBits) - 1;
        if (hasInfinity && exponent == allOnes)
        {
            return mantissa == 0 ? sign * double.PositiveInfinity : double.NaN;
        }

        if (!hasInfinity && exponent == allOnes && mantissa == (1 << mantissaBits) - 1)
        {
            return double.NaN;
        }

        return exponent == 0
            ? sign * mantissa * Math.Pow(2, 1 - bias - mantissaBits)
            : sign * (1 + (mantissa / (double)(1 << mantissaBits))) * Math.Pow(2, exponent - bias);
    }

    private static void AssertSame(double expected, float actual)
    {
        if (double.IsNaN(expected))
        {
            Assert.True(float.IsNaN(actual));
            return;
        }

        Assert.Equal(expected, (double)actual);
        Assert.Equal(double.IsNegative(expected), float.IsNegative(actual));
    }

    [Theory]
    [InlineData("BFloat16", 8, 7, true)]
    [InlineData("Float16", 5, 10, true)]
    public void Every_16_bit_code_widens_exactly(string type, int exponentBits, int mantissaBits, bool hasInfinity)
    {
        ushort[] codes = [.. Enumerable.Range(0, 65536).Select(code => (ushort)code)];
        float[] actual = new float[codes.Length];
        TensorConversion.ToFloat32(Enum.Parse<DataType>(type), MemoryMarshal.AsBytes(codes.AsSpan()), actual);
        for (int code = 0; code < codes.Length; code++)
        {
            AssertSame(DecodeFloat(code, exponentBits, mantissaBits, hasInfinity), actual[code]);
        }
    }

    [Theory]
    [InlineData("Float8E4M3", 4, 3, false)]
    [InlineData("Float8E5M2", 5, 2, true)]
    public void Every_8_bit_code_widens_exactly(string type, int exponentBits, int mantissaBits, bool hasInfinity)
    {
        // 256 codes and an odd tail, so that both the vector path and the remainder are covered.
        byte[] codes = [.. Enumerable.Range(0, 256 + 13).Select(code => (byte)code)];
        float[] actual = new float[codes.Length];
        TensorConversion.ToFloat32(Enum.Parse<DataType>(type), codes, actual);
        for (int i = 0; i < codes.Length; i++)
        {
            AssertSame(DecodeFloat(codes[i], exponentBits, mantissaBits, hasInfinity), actual[i]);
        }
    }

    [Theory]
    [InlineData("BFloat16", 16, 8, 7, true)]
    [InlineData("Float16", 16, 5, 10, true)]
    [InlineData("Float8E4M3", 8, 4, 3, false)]
    [InlineData("Float8E5M2", 8, 5, 2, true)]
    public void Narrowing_rounds_to_nearest_even(string type, int width, int exponentBits, int mantissaBits, bool hasInfinity)
    {
        DataType dataType = Enum.Parse<DataType>(type);
        int positiveCodes = 1 << (width - 1);
        List<float> values = [];
        List<int> expected = [];
        void Expect(double value, int code)
        {
            values.Add((float)value);
            expected.Add(code);
            values.Add(-(float)value);
            expected.Add(code | positiveCodes);
        }

        for (int code = 0; code < positiveCodes; code++)
        {
            double value = DecodeFloat(code, exponentBits, mantissaBits, hasInfinity);
            double next = code + 1 < positiveCodes ? DecodeFloat(code + 1, exponentBits, mantissaBits, hasInfinity) : double.NaN;
            if (double.IsNaN(value))
            {
                continue;
            }

            Expect(value, code);
            if (double.IsFinite(next))
            {
                double middle = (value + next) / 2;
                if ((float)middle != middle)
                {
                    continue;
                }

                Expect(middle, (code & 1) == 0 ? code : code + 1);
                Expect(MathF.BitIncrement((float)middle), code + 1);
                Expect(MathF.BitDecrement((float)middle), code);
            }
        }

        byte[] bytes = new byte[values.Count * dataType.SizeInBytes()];
        TensorConversion.FromFloat32([.. values], dataType, bytes);
        for (int i = 0; i < values.Count; i++)
        {
            int actual = width == 16 ? BitConverter.ToUInt16(bytes, i * 2) : bytes[i];
            Assert.True(expected[i] == actual, $"{values[i]:R} gives {actual:X}, not {expected[i]:X}");
        }
    }

    [Theory]
    [InlineData("Float8E4M3", 448f, 0x7E)]
    [InlineData("Float8E4M3", 449f, 0x7E)]
    [InlineData("Float8E4M3", 1e30f, 0x7E)]
    [InlineData("Float8E4M3", float.PositiveInfinity, 0x7E)]
    [InlineData("Float8E4M3", float.NegativeInfinity, 0xFE)]
    [InlineData("Float8E4M3", -float.Epsilon, 0x80)]
    [InlineData("Float8E5M2", 57344f, 0x7B)]
    [InlineData("Float8E5M2", 61439f, 0x7B)]
    [InlineData("Float8E5M2", 61440f, 0x7C)]
    [InlineData("Float8E5M2", 1e30f, 0x7C)]
    [InlineData("Float8E5M2", float.NegativeInfinity, 0xFC)]
    public void Values_beyond_the_range_of_8_bit_floats(string type, float value, int expected)
    {
        byte[] bytes = new byte[67];
        TensorConversion.FromFloat32([.. Enumerable.Repeat(value, bytes.Length)], Enum.Parse<DataType>(type), bytes);
        Assert.All(bytes, actual => Assert.Equal(expected, actual));
    }

    [Theory]
    [InlineData("BFloat16")]
    [InlineData("Float16")]
    [InlineData("Float8E4M3")]
    [InlineData("Float8E5M2")]
    [InlineData("Float64")]
    public void NaN_stays_NaN(string type)
    {
        DataType dataType = Enum.Parse<DataType>(type);
        uint[] patterns = [0x7FC00000, 0xFFC00000, 0x7F800001, 0x7FFFFFFF, 0xFF800001, 0x7FBFFFFF];
        float[] values = [.. Enumerable.Range(0, 70).Select(i => BitConverter.UInt32BitsToSingle(patterns[i % patterns.Length]))];
        byte[] bytes = new byte[values.Length * dataType.SizeInBytes()];
        TensorConversion.FromFloat32(values, dataType, bytes);
        float[] back = new float[values.Length];
        TensorConversion.ToFloat32(dataType, bytes, back);
        Assert.All(back, value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Values_beyond_bfloat16_become_infinite()
    {
        Assert.Equal(0x7F80, TensorConversion.Float32ToBFloat16(float.MaxValue));
        Assert.Equal(0xFF80, TensorConversion.Float32ToBFloat16(float.MinValue));
    }

    [Fact]
    public void Rounding_in_place_equals_narrowing_and_widening()
    {
        Random random = new(7);
        float[] values = [.. Enumerable.Range(0, 1003).Select(_ => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)))];
        float[] expected = [.. values.Select(value => TensorConversion.BFloat16ToFloat32(TensorConversion.Float32ToBFloat16(value)))];
        TensorConversion.RoundToBFloat16(values);
        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), values.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Doubles_and_integers_become_the_nearest_float()
    {
        AssertConverts<double>(DataType.Float64, [0.1, -1e300, 1e-320, 16777217.0, double.NaN], value => (float)value);
        AssertConverts<long>(DataType.Int64, [long.MinValue, long.MaxValue, -1, 0, 16777217], value => (float)value);
        AssertConverts<int>(DataType.Int32, [int.MinValue, int.MaxValue, -1, 0, 16777217], value => (float)value);
        AssertConverts<short>(DataType.Int16, [short.MinValue, short.MaxValue, -1, 0, 3], value => (float)value);
        AssertConverts<sbyte>(DataType.Int8, [sbyte.MinValue, sbyte.MaxValue, -1, 0, 3], value => (float)value);
        AssertConverts<ulong>(DataType.UInt64, [ulong.MinValue, ulong.MaxValue, 16777217UL, 3], value => (float)value);
        AssertConverts<uint>(DataType.UInt32, [uint.MinValue, uint.MaxValue, 16777217U, 3], value => (float)value);
        AssertConverts<ushort>(DataType.UInt16, [ushort.MinValue, ushort.MaxValue, 1, 3], value => (float)value);
        AssertConverts<byte>(DataType.UInt8, [0, 1, 128, 255], value => value);
        AssertConverts<byte>(DataType.Boolean, [0, 1, 255], value => value == 0 ? 0 : 1);
        AssertConverts<float>(DataType.Float32, [float.NaN, -0f, 1.5f], value => value);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => TensorConversion.ToFloat32(DataType.BFloat16, new byte[3], new float[1]));
        Assert.Throws<ArgumentException>(() => TensorConversion.FromFloat32(new float[2], DataType.BFloat16, new byte[2]));
        Assert.Throws<NotSupportedException>(() => TensorConversion.FromFloat32(new float[2], DataType.UInt8, new byte[2]));
    }

    private static void AssertConverts<T>(DataType dataType, T[] pattern, Func<T, float> convert)
        where T : unmanaged
    {
        T[] source = [.. Enumerable.Range(0, 71).Select(i => pattern[i % pattern.Length])];
        float[] actual = new float[source.Length];
        TensorConversion.ToFloat32(dataType, MemoryMarshal.AsBytes(source.AsSpan()), actual);
        Assert.Equal(source.Select(convert), actual);
    }
}
