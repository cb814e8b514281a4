using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <content>What products do besides: norms of their input, statistics of their output.</content>
public abstract partial class ComputeDeviceConformance
{
    public static TheoryData<int, int, int> FusionSizes => new()
    {
        { 1, 1, 1 }, { 1, 700, 33 }, { 3, 31, 40 }, { 14, 64, 32 }, { 33, 515, 97 }, { 61, 130, 70 }, { 0, 8, 8 },
    };

    [Theory]
    [MemberData(nameof(FusionSizes))]
    public void Linear_of_a_norm_has_the_bits_of_the_norm_and_then_the_product(int tokens, int inputs, int outputs)
    {
        FusedProducts.CheckNorm(threads => Start(threads), tokens, inputs, outputs);
    }

    [Theory]
    [MemberData(nameof(FusionSizes))]
    public void Linear_of_a_norm_matches_the_formula_with_sums_of_squares_that_it_is_given(int tokens, int inputs, int outputs)
    {
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(1, tokens * inputs, 3f);
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(2, outputs * inputs), outputs, inputs);
        float[] shift = TestRandom.Values(3, inputs);
        float[] sums = [.. input.Chunk(inputs).Select(row => (float)row.Sum(x => (double)x * x))];
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        DeviceMatrix output = test.Place(tokens, outputs);
        RmsNorm norm = new(1e-6f, null, new RowVectors(test.Row(shift), null), test.Place(sums, tokens, 1));
        test.Device.Linear(test.Place(input, tokens, inputs), packed, output, LinearEpilogue.Store, new LinearPrologue { Norm = norm });
        double[] normed = ReferenceOperations.NormModulate(input, tokens, inputs, 1e-6f, removeMean: false, null, (_, column) => shift[column]);
        float[] rounded = Array.ConvertAll(normed, value => (float)value);
        double[] magnitude = ReferenceOperations.LinearMagnitude(rounded, tokens, weight.Values, null, inputs, outputs);
        Closeness.Check(ReferenceOperations.Linear(rounded, tokens, weight.Values, null, inputs, outputs), test.Read(output), i => 1e-6 * (magnitude[i] + 1));
    }

    [Theory]
    [MemberData(nameof(FusionSizes))]
    public void Linear_leaves_statistics_of_what_it_wrote(int tokens, int inputs, int outputs) => FusedProducts.CheckStatistics(threads => Start(threads), tokens, inputs, outputs);

    [Fact]
    public void Linear_takes_vectors_and_norms_of_a_range_of_tokens()
    {
        using DeviceUnderTest test = Start();
        const int tokens = 40, width = 48;
        StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(2, width * width), width, width);
        using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
        using DeviceIndices indices = test.Device.CreateIndices([.. Enumerable.Range(0, tokens).Select(token => token * token % 3)]);
        RowVectors vectors = new(test.Place(TestRandom.Values(3, 3 * width), 3, width), indices);
        DeviceMatrix input = test.Place(TestRandom.Values(1, tokens * width), tokens, width);
        float[] before = TestRandom.Values(4, tokens * width);
        DeviceMatrix whole = test.Place(before, tokens, width);
        DeviceMatrix parts = test.Place(before, tokens, width);
        RmsNorm norm = new(1e-6f, vectors, vectors);
        test.Device.Linear(input, packed, whole, LinearEpilogue.AddTo(vectors), new LinearPrologue { Norm = norm });
        foreach ((int first, int count) in new[] { (0, 7), (7, 20), (27, 13) })
        {
            // A range of a range is one of the whole.
            RowVectors gate = vectors.TokenRange(first - (first / 7), count + (first / 7)).TokenRange(first / 7, count);
            Assert.Equal(count, gate.Tokens);
            test.Device.Linear(
                input.RowRange(first, count), packed, parts.RowRange(first, count), LinearEpilogue.AddTo(gate), new LinearPrologue { Norm = norm.RowRange(first, count) });
        }

        Assert.Equal(test.Read(whole), test.Read(parts));
        Assert.Throws<ArgumentOutOfRangeException>(() => vectors.TokenRange(30, 11));
    }
}
