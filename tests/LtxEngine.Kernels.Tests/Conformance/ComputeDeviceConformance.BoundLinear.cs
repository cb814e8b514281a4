using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    public static TheoryData<int, int, int> BoundSizes => new()
    {
        { 1, 2, 1 }, { 1, 6, 3 }, { 1, 64, 32 }, { 1, 514, 97 }, { 1, 4096, 130 }, { 1, 5, 9 }, { 2, 2, 3 }, { 3, 7, 5 }, { 13, 34, 31 }, { 14, 32, 32 },
        { 29, 130, 64 }, { 17, 1030, 65 }, { 400, 1026, 100 }, { 0, 4, 4 },
    };

    [Theory]
    [MemberData(nameof(BoundSizes))]
    public void Bound_linear_matches_the_formula(int tokens, int inputs, int outputs)
    {
        foreach (DataType dataType in new[] { DataType.BFloat16, DataType.Float32, DataType.Float16 })
        {
            using DeviceUnderTest test = Start();
            float[] input = TestRandom.Values(1, tokens * inputs);
            StoredTensorData weight = new(dataType, TestRandom.Values(2, outputs * inputs), outputs, inputs);
            using IDeviceWeight bound = test.Device.BindLinear(weight);
            Assert.Equal((inputs, outputs), (bound.InputFeatures, bound.OutputFeatures));
            DeviceMatrix output = test.Place(tokens, outputs);
            test.Device.Linear(test.Place(input, tokens, inputs), bound, output, LinearEpilogue.Store);
            double[] expected = ReferenceOperations.Linear(input, tokens, weight.Values, null, inputs, outputs);
            double[] magnitude = ReferenceOperations.LinearMagnitude(input, tokens, weight.Values, null, inputs, outputs);
            Closeness.Check(expected, test.Read(output), i => ProductLimit * magnitude[i]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Bound_linear_applies_its_epilogue(int tokens)
    {
        const int inputs = 40, outputs = 45;
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(2, tokens * inputs);
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(3, outputs * inputs, 0.3f), outputs, inputs);
        float[] before = TestRandom.Values(4, tokens * outputs, 3f);
        using IDeviceWeight bound = test.Device.BindLinear(weight);
        DeviceMatrix output = test.Place(before, tokens, outputs);
        test.Device.Linear(test.Place(input, tokens, inputs), bound, output, new LinearEpilogue { Activation = Activation.GeluTanh, Accumulate = true });
        double[] expected = ReferenceOperations.Linear(input, tokens, weight.Values, null, inputs, outputs);
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = before[i] + ReferenceOperations.Activate(Activation.GeluTanh, expected[i]);
        }

        Closeness.Check(expected, test.Read(output), 1e-6, ProductLimit * inputs);
    }

    [Fact]
    public void Bound_linear_holds_no_copy_of_what_it_uses_in_place()
    {
        using DeviceUnderTest test = Start();
        const int inputs = 512, outputs = 256;
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(3, outputs * inputs), outputs, inputs);
        long before = test.Device.AllocatedBytes;
        using IDeviceWeight bound = test.Device.BindLinear(weight);
        long held = test.Device.AllocatedBytes - before;
        Assert.True(bound.ReadBytes >= weight.Bytes.Length);
        Assert.InRange(held, 0, test.Device.SharesHostMemory ? 16 * outputs : long.MaxValue);
        Assert.Throws<ArgumentException>(() => test.Device.BindLinear(new StoredTensorData(DataType.BFloat16, new float[8], 2, 2, 2)));
    }
}
