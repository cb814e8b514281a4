using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    // Rounding of K multiply-adds: a few units of 2⁻²⁴ of Σ|x·w|, far below the worst case of K units.
    private const double ProductLimit = 4e-7;

    public static TheoryData<int, int, int> LinearSizes => new()
    {
        { 1, 1, 1 }, { 1, 2, 1 }, { 2, 1, 3 }, { 3, 5, 7 }, { 1, 64, 32 }, { 1, 515, 97 }, { 13, 33, 31 }, { 14, 32, 32 }, { 15, 64, 33 },
        { 29, 130, 64 }, { 64, 128, 96 }, { 17, 513, 65 }, { 29, 1100, 257 }, { 130, 1025, 300 }, { 5, 2048, 40 }, { 0, 4, 4 },
    };

    [Theory]
    [MemberData(nameof(LinearSizes))]
    public void Linear_matches_the_formula(int tokens, int inputs, int outputs)
    {
        foreach (DataType dataType in new[] { DataType.BFloat16, DataType.Float32 })
        {
            CheckLinear(tokens, inputs, outputs, dataType, hasBias: true);
            CheckLinear(tokens, inputs, outputs, dataType, hasBias: false);
        }
    }

    [Theory]
    [InlineData(nameof(DataType.Float64))]
    [InlineData(nameof(DataType.Float32))]
    [InlineData(nameof(DataType.Float16))]
    [InlineData(nameof(DataType.BFloat16))]
    [InlineData(nameof(DataType.Float8E4M3))]
    [InlineData(nameof(DataType.Float8E5M2))]
    public void Linear_takes_weights_of_every_float_type(string dataType) =>
        CheckLinear(11, 37, 45, Enum.Parse<DataType>(dataType), hasBias: true);

    [Fact]
    public void Linear_keeps_every_bit_of_all_65536_bf16_weights()
    {
        using DeviceUnderTest test = Start();
        float[] values = new float[65536];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)i << 16);
        }

        // An identity of one input: y = x·w with x = 1 returns the weight itself.
        StoredTensorData weight = new(DataType.BFloat16, values, 65536, 1);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix output = test.Place(1, 65536);
        test.Device.Linear(test.Place([1f], 1, 1), packed, output, LinearEpilogue.Store);
        float[] actual = test.Read(output);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], actual[i]);
        }
    }

    [Fact]
    public void Linear_takes_weights_of_every_float8_value()
    {
        using DeviceUnderTest test = Start();
        byte[] bytes = new byte[256];
        float[] expected = new float[256];
        for (int i = 0; i < 256; i++)
        {
            bytes[i] = (byte)i;
        }

        foreach (DataType dataType in new[] { DataType.Float8E4M3, DataType.Float8E5M2 })
        {
            TensorConversion.ToFloat32(dataType, bytes, expected);
            StoredTensorData weight = new(dataType, expected, 256, 1);
            using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
            DeviceMatrix output = test.Place(1, 256);
            test.Device.Linear(test.Place([1f], 1, 1), packed, output, LinearEpilogue.Store);
            Assert.Equal(weight.Values, test.Read(output));
        }
    }

    [Theory]
    [InlineData(1, 16, 8, 5)]
    [InlineData(20, 33, 31, 40)]
    [InlineData(15, 1100, 64, 32)]
    public void Linear_scales_each_part_by_its_own_factor(int tokens, int inputs, int first, int second)
    {
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(1, tokens * inputs);
        StoredTensorData[] weights = [new(DataType.Float8E4M3, TestRandom.Values(2, first * inputs), first, inputs), new(DataType.Float8E4M3, TestRandom.Values(3, second * inputs), second, inputs)];
        StoredTensorData bias = new(DataType.BFloat16, TestRandom.Values(4, first), first);
        float[] dequantised = [.. weights[0].Values.Select(value => value * 0.0013f), .. weights[1].Values.Select(value => value * 2.7f)];
        float[] biases = [.. bias.Values, .. new float[second]];
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weights[0], bias, 0.0013f), new LinearPart(weights[1], null, 2.7f)]);
        DeviceMatrix output = test.Place(tokens, first + second);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
        double[] expected = ReferenceOperations.Linear(input, tokens, dequantised, biases, inputs, first + second);
        double[] magnitude = ReferenceOperations.LinearMagnitude(input, tokens, dequantised, biases, inputs, first + second);
        float[] actual = test.Read(output);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.InRange(Math.Abs(actual[i] - expected[i]), 0, 1e-6 * magnitude[i]);
        }

        Assert.Throws<ArgumentException>(() => test.Device.PrepareLinear([new LinearPart(weights[0], bias, float.NaN)]));
    }

    [Theory]
    [InlineData(1, 16, 8, 8, 8)]
    [InlineData(20, 33, 31, 1, 40)]
    [InlineData(15, 64, 32, 32, 32)]
    [InlineData(9, 7, 3, 5, 70)]
    public void Linear_stacks_merged_parts(int tokens, int inputs, int first, int second, int third)
    {
        foreach (DataType secondType in new[] { DataType.BFloat16, DataType.Float32 })
        {
            using DeviceUnderTest test = Start();
            int[] sizes = [first, second, third];
            float[] input = TestRandom.Values(1, tokens * inputs);
            List<LinearPart> parts = [];
            List<float> weights = [];
            List<float> biases = [];
            for (int i = 0; i < 3; i++)
            {
                DataType type = i == 1 ? secondType : DataType.BFloat16;
                StoredTensorData weight = new(type, TestRandom.Values(10 + i, sizes[i] * inputs), sizes[i], inputs);
                StoredTensorData? bias = i == 2 ? null : new(type, TestRandom.Values(20 + i, sizes[i]), sizes[i]);
                parts.Add(new LinearPart(weight, bias));
                weights.AddRange(weight.Values);
                biases.AddRange(bias?.Values ?? new float[sizes[i]]);
            }

            using IDeviceWeight packed = test.Device.PrepareLinear(parts.ToArray());
            int outputs = first + second + third;
            Assert.Equal(inputs, packed.InputFeatures);
            Assert.Equal(outputs, packed.OutputFeatures);
            DeviceMatrix output = test.Place(tokens, outputs);
            test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
            double[] expected = ReferenceOperations.Linear(input, tokens, weights.ToArray(), biases.ToArray(), inputs, outputs);
            Closeness.Check(expected, test.Read(output), 0, ProductLimit * (inputs + 1));
        }
    }

    [Theory]
    [InlineData(nameof(Activation.None), false, 0)]
    [InlineData(nameof(Activation.Silu), false, 0)]
    [InlineData(nameof(Activation.GeluTanh), false, 0)]
    [InlineData(nameof(Activation.None), true, 0)]
    [InlineData(nameof(Activation.None), true, 1)]
    [InlineData(nameof(Activation.None), true, 3)]
    [InlineData(nameof(Activation.GeluTanh), true, 3)]
    public void Linear_applies_its_epilogue(string activationName, bool accumulate, int gateRows)
    {
        Activation activation = Enum.Parse<Activation>(activationName);
        foreach ((int tokens, int inputs, int outputs) in new[] { (1, 8, 5), (19, 40, 45), (30, 700, 64) })
        {
            using DeviceUnderTest test = Start();
            float[] input = TestRandom.Values(2, tokens * inputs);
            StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(3, outputs * inputs, 0.3f), outputs, inputs);
            float[] before = TestRandom.Values(4, tokens * outputs, 3f);
            float[] gate = TestRandom.Values(5, Math.Max(1, gateRows) * outputs, 2f);
            int[] rowOfToken = Enumerable.Range(0, tokens).Select(t => gateRows == 3 ? t * 7 % 3 : 0).ToArray();
            using DeviceIndices indices = test.Device.CreateIndices(rowOfToken);
            using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
            RowVectors? vectors = gateRows == 0 ? null : new RowVectors(test.Place(gate, gateRows, outputs), gateRows == 1 ? null : indices);
            DeviceMatrix output = test.Place(before, tokens, outputs);
            LinearEpilogue epilogue = new() { Activation = activation, Accumulate = accumulate, Gate = vectors };
            test.Device.Linear(test.Place(input, tokens, inputs), packed, output, epilogue);

            double[] expected = ReferenceOperations.Linear(input, tokens, weight.Values, null, inputs, outputs);
            for (int i = 0; i < expected.Length; i++)
            {
                double y = ReferenceOperations.Activate(activation, expected[i]);
                double factor = gateRows == 0 ? 1 : gate[(rowOfToken[i / outputs] * outputs) + (i % outputs)];
                expected[i] = accumulate ? before[i] + (factor * y) : y;
            }

            Closeness.Check(expected, test.Read(output), 1e-6, ProductLimit * inputs);
        }
    }

    [Theory]
    [InlineData(nameof(DataType.BFloat16))]
    [InlineData(nameof(DataType.Float8E4M3))]
    [InlineData(nameof(DataType.Float8E5M2))]
    public void Linear_gives_a_token_the_same_bits_in_every_company(string dataType)
    {
        using DeviceUnderTest test = Start();
        const int inputs = 1301, outputs = 70;
        float[] input = TestRandom.Values(6, 60 * inputs);
        StoredTensorData weight = new(Enum.Parse<DataType>(dataType), TestRandom.Values(7, outputs * inputs), outputs, inputs);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix all = test.Place(60, outputs);
        DeviceMatrix source = test.Place(input, 60, inputs);
        test.Device.Linear(source, packed, all, LinearEpilogue.Store);
        float[] together = test.Read(all);
        foreach (int count in new[] { 1, 2, 7, 15, 33 })
        {
            DeviceMatrix some = test.Place(count, outputs);
            test.Device.Linear(source.RowRange(20, count), packed, some, LinearEpilogue.Store);
            Assert.Equal(together[(20 * outputs)..((20 + count) * outputs)], test.Read(some));
        }
    }

    [Fact]
    public void Linear_keeps_special_values_in_their_rows()
    {
        using DeviceUnderTest test = Start();
        const int tokens = 18, inputs = 33, outputs = 35;
        float[] input = TestRandom.Values(8, tokens * inputs);
        input[(3 * inputs) + 4] = float.NaN;
        input[(7 * inputs) + 32] = float.PositiveInfinity;
        input[(9 * inputs) + 0] = float.NegativeInfinity;
        input[(11 * inputs) + 1] = 3e38f;
        for (int i = 0; i < inputs; i++)
        {
            input[(13 * inputs) + i] = 0f;
            input[(15 * inputs) + i] = 1e-40f;
        }

        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(9, outputs * inputs), outputs, inputs);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix output = test.Place(tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
        double[] expected = ReferenceOperations.Linear(input, tokens, weight.Values, null, inputs, outputs);
        double[] magnitude = ReferenceOperations.LinearMagnitude(input, tokens, weight.Values, null, inputs, outputs);

        // Denormal numbers may be flushed or kept: 1e-38 covers both.
        Closeness.Check(expected, test.Read(output), i => (ProductLimit * magnitude[i]) + 1e-38);
    }

    [Fact]
    public void Linear_works_in_the_columns_of_a_merged_buffer()
    {
        using DeviceUnderTest test = Start();
        const int tokens = 21, width = 24;
        float[] merged = TestRandom.Values(11, tokens * width * 3);
        DeviceMatrix all = test.Place(merged, tokens, width * 3);
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(12, width * width), width, width);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        test.Device.Linear(all.ColumnRange(width, width), packed, all.ColumnRange(0, width), LinearEpilogue.Store);
        float[] input = new float[tokens * width];
        float[] actual = test.Read(all);
        float[] result = new float[tokens * width];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = merged[(i / width * width * 3) + width + (i % width)];
            result[i] = actual[(i / width * width * 3) + (i % width)];
            Assert.Equal(input[i], actual[(i / width * width * 3) + width + (i % width)]);
            Assert.Equal(merged[(i / width * width * 3) + (2 * width) + (i % width)], actual[(i / width * width * 3) + (2 * width) + (i % width)]);
        }

        Closeness.Check(ReferenceOperations.Linear(input, tokens, weight.Values, null, width, width), result, 0, ProductLimit * width);
    }

    private void CheckLinear(int tokens, int inputs, int outputs, DataType dataType, bool hasBias)
    {
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(1, tokens * inputs);
        StoredTensorData weight = new(dataType, TestRandom.Values(2, outputs * inputs), outputs, inputs);
        StoredTensorData? bias = hasBias ? new(dataType, TestRandom.Values(3, outputs), outputs) : null;
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, bias)]);
        DeviceMatrix output = test.Place(tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
        double[] expected = ReferenceOperations.Linear(input, tokens, weight.Values, bias?.Values, inputs, outputs);
        double[] magnitude = ReferenceOperations.LinearMagnitude(input, tokens, weight.Values, bias?.Values, inputs, outputs);
        Closeness.Check(expected, test.Read(output), i => ProductLimit * magnitude[i]);
    }
}
