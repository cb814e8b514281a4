using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <content>Products that normalise their input, and operations on a range of tokens.</content>
public abstract partial class ComputeDeviceConformance
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 700, 33)]
    [InlineData(3, 31, 40)]
    [InlineData(14, 64, 32)]
    [InlineData(33, 515, 97)]
    [InlineData(61, 130, 70)]
    [InlineData(0, 8, 8)]
    public void Linear_of_a_norm_has_the_bits_of_the_norm_and_then_the_product(int tokens, int inputs, int outputs) =>
        FusedProducts.CheckNorm(threads => Start(threads), tokens, inputs, outputs);

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
        test.Device.Linear(input, packed, whole, LinearEpilogue.AddTo(vectors), norm);
        foreach ((int first, int count) in new[] { (0, 7), (7, 20), (27, 13) })
        {
            // A range of a range is one of the whole.
            RowVectors gate = vectors.TokenRange(first - (first / 7), count + (first / 7)).TokenRange(first / 7, count);
            Assert.Equal(count, gate.Tokens);
            test.Device.Linear(input.RowRange(first, count), packed, parts.RowRange(first, count), LinearEpilogue.AddTo(gate), norm.RowRange(first, count));
        }

        Assert.Equal(test.Read(whole), test.Read(parts));
        Assert.Throws<ArgumentOutOfRangeException>(() => vectors.TokenRange(30, 11));
    }
}
