using LtxEngine.Kernels.Tests.Conformance;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>
/// What products in bf16 and in bytes must pass on every path. They are compared with a plain model that rounds inputs and weights as the
/// path says and sums in double precision, so that the limits are those of fp32 sums and not of the rounding.
/// </summary>
public abstract class ProductPrecisionConformance
{
    private const double SumLimit = 1e-6;

    /// <summary>Sizes around tiles, panels and blocks of the depth: odd ones, and more than one block.</summary>
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 2, 3, 5 }, { 1, 4096, 33 }, { 13, 33, 31 }, { 14, 32, 32 }, { 15, 65, 33 }, { 29, 130, 64 }, { 64, 128, 96 },
        { 17, 1031, 65 }, { 30, 2053, 97 }, { 130, 1025, 300 }, { 5, 4100, 40 }, { 0, 4, 4 }, { 200, 17, 600 },
    };

    /// <summary>Rounds inputs to bf16, with bf16 or fp8 weights.</summary>
    private protected virtual bool RoundsToBrain => false;

    /// <summary>Rounds to bf16 what is not rounded to bytes.</summary>
    private protected virtual bool RoundsFloats => RoundsToBrain;

    /// <summary>Rounds inputs to bytes, with weights in bytes.</summary>
    private protected virtual bool RoundsToBytes => false;

    /// <summary>The greatest 8-bit weight, or 0 where weights are not rounded to bytes.</summary>
    private protected virtual int WeightLimit => 0;

    /// <summary>Creates the device.</summary>
    internal abstract CpuComputeDevice Create(int threads);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Linear_matches_the_model(int tokens, int inputs, int outputs)
    {
        foreach (DataType type in new[] { DataType.BFloat16, DataType.Float32, DataType.Float8E4M3, DataType.Float8E5M2, DataType.Float16 })
        {
            Check(tokens, inputs, outputs, type, LinearEpilogue.Store);
        }
    }

    [Fact]
    public void Linear_matches_the_model_for_1_to_20_tokens()
    {
        for (int tokens = 1; tokens <= 20; tokens++)
        {
            Check(tokens, 75, 67, DataType.BFloat16, LinearEpilogue.Store);
            Check(tokens, 1030, 33, DataType.Float8E4M3, LinearEpilogue.Store);
        }
    }

    [Theory]
    [InlineData(nameof(Activation.Silu), false)]
    [InlineData(nameof(Activation.GeluTanh), false)]
    [InlineData(nameof(Activation.None), true)]
    [InlineData(nameof(Activation.Silu), true)]
    public void Linear_applies_its_epilogue(string activation, bool accumulate)
    {
        foreach (int tokens in new[] { 1, 19, 33 })
        {
            Check(tokens, 77, 45, DataType.BFloat16, new LinearEpilogue { Activation = Enum.Parse<Activation>(activation), Accumulate = accumulate });
        }
    }

    [Fact]
    public void Linear_stacks_parts_with_factors_of_their_own()
    {
        using DeviceUnderTest test = new(Create(2));
        const int tokens = 21, inputs = 50;
        float[] input = TestRandom.Values(1, tokens * inputs);
        StoredTensorData first = new(DataType.BFloat16, TestRandom.Values(2, 30 * inputs), 30, inputs);
        StoredTensorData second = new(DataType.Float32, TestRandom.Values(3, 45 * inputs), 45, inputs);
        StoredTensorData bias = new(DataType.Float32, TestRandom.Values(4, 45), 45);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(first, null, 0.25f), new LinearPart(second, bias, 3f)]);
        DeviceMatrix output = test.Place(tokens, 75);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
        float[] weights = [.. Weights(first.Values, inputs).Select(w => w * 0.25f), .. Weights(second.Values, inputs).Select(w => w * 3f)];
        float[] biases = [.. new float[30], .. bias.Values];
        Compare(Inputs(input, inputs), tokens, weights, biases, inputs, 75, test.Read(output), null, LinearEpilogue.Store);
    }

    /// <summary>Few tokens have paths of their own, with 8-bit weights most of all.</summary>
    [Theory]
    [InlineData(nameof(DataType.BFloat16))]
    [InlineData(nameof(DataType.Float8E4M3))]
    [InlineData(nameof(DataType.Float8E5M2))]
    public void Linear_gives_a_token_the_same_bits_in_every_company(string type)
    {
        using DeviceUnderTest test = new(Create(2));
        const int inputs = 2110, outputs = 70;
        StoredTensorData weight = new(Enum.Parse<DataType>(type), TestRandom.Values(7, outputs * inputs), outputs, inputs);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix all = test.Place(60, outputs);
        DeviceMatrix source = test.Place(TestRandom.Values(6, 60 * inputs), 60, inputs);
        test.Device.Linear(source, packed, all, LinearEpilogue.Store);
        float[] together = test.Read(all);
        foreach (int count in new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 33 })
        {
            DeviceMatrix some = test.Place(count, outputs);
            test.Device.Linear(source.RowRange(20, count), packed, some, LinearEpilogue.Store);
            Assert.Equal(together[(20 * outputs)..((20 + count) * outputs)], test.Read(some));
        }
    }

    /// <summary>A row alone is not rounded: it waits for the memory anyway.</summary>
    [Theory]
    [InlineData(1, 1030, 97)]
    [InlineData(9, 1030, 97)]
    [InlineData(250, 64, 33)]
    public void Bound_linear_matches_the_model(int tokens, int inputs, int outputs)
    {
        using DeviceUnderTest test = new(Create(2));
        float[] input = TestRandom.Values(1, tokens * inputs);
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(2, outputs * inputs), outputs, inputs);
        using IDeviceWeight bound = test.Device.BindLinear(weight);
        DeviceMatrix output = test.Place(tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), bound, output, LinearEpilogue.Store);
        float[] seen = RoundsFloats && tokens > 1 ? Array.ConvertAll(input, ToBrain) : input;
        Compare(seen, tokens, weight.Values, new float[outputs], inputs, outputs, test.Read(output), null, LinearEpilogue.Store);
    }

    [Theory]
    [InlineData(1, 700, 33)]
    [InlineData(14, 64, 32)]
    [InlineData(33, 515, 97)]
    public void Linear_of_a_norm_has_the_bits_of_the_norm_and_then_the_product(int tokens, int inputs, int outputs)
    {
        FusedProducts.CheckNorm(threads => new DeviceUnderTest(Create(threads)), tokens, inputs, outputs);
    }

    [Fact]
    public void Values_that_are_not_finite_stay_in_their_rows_and_columns()
    {
        using DeviceUnderTest test = new(Create(2));
        const int tokens = 18, inputs = 35, outputs = 37;
        float[] input = TestRandom.Values(8, tokens * inputs);
        input[(3 * inputs) + 4] = float.NaN;
        input[(7 * inputs) + 34] = float.PositiveInfinity;
        Array.Clear(input, 9 * inputs, inputs);
        Array.Fill(input, 1e-40f, 11 * inputs, inputs);
        float[] weights = TestRandom.Values(9, outputs * inputs);
        weights[(20 * inputs) + 3] = float.NaN;
        StoredTensorData weight = new(DataType.BFloat16, weights, outputs, inputs);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix output = test.Place(tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store);
        float[] actual = test.Read(output);
        for (int i = 0; i < actual.Length; i++)
        {
            bool isFinite = i / outputs is not (3 or 7) && i % outputs != 20;
            Assert.Equal(isFinite, float.IsFinite(actual[i]));
            if (isFinite && i / outputs is 9 or 11)
            {
                Assert.InRange(Math.Abs(actual[i]), 0, i / outputs == 9 ? 0 : 1e-37);
            }
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(5)]
    public void Convolution_matches_the_formula(int channels)
    {
        using DeviceUnderTest test = new(Create(2));
        VolumeShape shape = new(3, 5, 7);
        const int outputs = 35;
        float[] input = TestRandom.Values(1, shape.Positions * channels);
        StoredTensorData weight = new(DataType.Float32, TestRandom.Values(2, outputs * channels * 27), outputs, channels, 3, 3, 3);
        using IDeviceWeight packed = test.Device.PrepareConvolution(new ConvolutionPart(weight, null));
        DeviceMatrix output = test.Place(shape.Positions, outputs);
        test.Device.Convolution(test.Place(input, shape.Positions, channels), shape, packed, output);
        float[] weights = RoundsFloats ? Array.ConvertAll(weight.Values, ToBrain) : weight.Values;

        // Pairs cannot span taps: an odd number of channels keeps its fp32 inputs.
        float[] seen = RoundsFloats && channels % 2 == 0 ? Array.ConvertAll(input, ToBrain) : input;
        double[] expected = ReferenceOperations.Convolution(seen, shape, channels, weights, null, outputs, 3, 3, 3);
        Closeness.Check(expected, test.Read(output), 0, SumLimit * channels * 27);
    }

    public static TheoryData<int, int, int, int> AttentionSizes => new()
    {
        { 1, 1, 1, 2 }, { 5, 1, 1, 6 }, { 33, 170, 3, 16 }, { 31, 168, 1, 64 }, { 32, 169, 2, 32 }, { 70, 337, 2, 128 }, { 40, 21, 1, 256 },
        { 129, 10, 2, 34 }, { 2, 1001, 1, 22 }, { 0, 3, 2, 8 },
    };

    [Theory]
    [MemberData(nameof(AttentionSizes))]
    public void Attention_matches_the_model(int queries, int keys, int heads, int headDimension)
    {
        using DeviceUnderTest test = new(Create(2));
        int width = heads * headDimension;
        bool rounds = RoundsFloats;
        float scale = 1 / MathF.Sqrt(headDimension);
        float[] query = TestRandom.Values(1, queries * width);
        float[] key = TestRandom.Values(2, keys * width);
        float[] value = TestRandom.Values(3, keys * width);
        DeviceMatrix output = test.Place(queries, width);
        test.Device.Attention(test.Place(query, queries, width), test.Place(key, keys, width), test.Place(value, keys, width), output, heads, scale);
        float[] scaled = Array.ConvertAll(query, x => x * scale);
        float[] Seen(float[] values) => rounds ? Array.ConvertAll(values, ToBrain) : values;
        double[] expected = ReferenceOperations.Attention(Seen(scaled), queries, Seen(key), Seen(value), keys, heads, headDimension, 1);

        // Weights are rounded as well, each by at most 2⁻⁹ of itself, values are below 1.
        Closeness.Check(expected, test.Read(output), 0, rounds ? 1.0 / 512 : 2e-6);
    }

    [Fact]
    public void Results_are_bit_identical_for_any_number_of_threads()
    {
        float[] expected = RunEverything(1);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        foreach (int threads in new[] { 2, 3, 5 })
        {
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), RunEverything(threads).Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Operations_allocate_no_managed_memory()
    {
        using DeviceUnderTest test = new(Create(2));
        using OperationSequence sequence = new(test);
        Assert.Empty(sequence.Allocating());
    }

    private float[] RunEverything(int threads)
    {
        using DeviceUnderTest test = new(Create(threads));
        using OperationSequence sequence = new(test);
        sequence.RunAll();
        return sequence.Results();
    }

    private void Check(int tokens, int inputs, int outputs, DataType type, LinearEpilogue epilogue)
    {
        using DeviceUnderTest test = new(Create(2));
        float[] input = TestRandom.Values(1, tokens * inputs);
        StoredTensorData weight = new(type, TestRandom.Values(2, outputs * inputs), outputs, inputs);
        StoredTensorData bias = new(DataType.Float32, TestRandom.Values(3, outputs), outputs);
        float[] before = TestRandom.Values(4, tokens * outputs);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, bias)]);
        DeviceMatrix output = test.Place(before, tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, epilogue);
        Compare(Inputs(input, inputs), tokens, Weights(weight.Values, inputs), bias.Values, inputs, outputs, test.Read(output), before, epilogue);
    }

    private static void Compare(
        float[] input, int tokens, float[] weights, float[] bias, int inputs, int outputs, float[] actual, float[]? before, LinearEpilogue epilogue)
    {
        double[] expected = ReferenceOperations.Linear(input, tokens, weights, bias, inputs, outputs);
        double[] magnitude = ReferenceOperations.LinearMagnitude(input, tokens, weights, bias, inputs, outputs);
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = ReferenceOperations.Activate(epilogue.Activation, expected[i]) + (epilogue.Accumulate ? before![i] : 0);
        }

        Closeness.Check(expected, actual, i => (SumLimit * (magnitude[i] + 1)) + (1e-6 * Math.Abs(expected[i])));
    }

    /// <summary>What a product sees of its input.</summary>
    private float[] Inputs(float[] input, int inputs)
    {
        if (RoundsToBrain)
        {
            return Array.ConvertAll(input, ToBrain);
        }

        return RoundsToBytes ? [.. input.Chunk(inputs).SelectMany(RoundRow)] : input;
    }

    private static float[] RoundRow(float[] row)
    {
        float lowest = Math.Min(0, row.Min());
        float step = (Math.Max(0, row.Max()) / 255) - (lowest / 255);
        float inverse = 1 / step;
        float zero = MathF.Round(-lowest * inverse);
        return Array.ConvertAll(row, x => (Math.Clamp(MathF.Round(x * inverse) + zero, 0, 255) - zero) * step);
    }

    /// <summary>What a product sees of its weights.</summary>
    private float[] Weights(float[] weights, int inputs)
    {
        if (WeightLimit == 0)
        {
            return RoundsToBrain ? Array.ConvertAll(weights, ToBrain) : weights;
        }

        return [.. weights.Chunk(inputs).SelectMany(row =>
        {
            float factor = row.Max(Math.Abs) / WeightLimit;
            float inverse = 1 / factor;
            return Array.ConvertAll(row, w => MathF.Round(w * inverse) * factor);
        })];
    }

    private static float ToBrain(float value)
    {
        byte[] stored = new byte[2];
        TensorConversion.FromFloat32([value], DataType.BFloat16, stored);
        float[] read = new float[1];
        TensorConversion.ToFloat32(DataType.BFloat16, stored, read);
        return read[0];
    }
}
