using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>Checks of fused products that hold to the bit, in whatever numbers a device multiplies.</summary>
internal static class FusedProducts
{
    /// <summary>A norm in the product gives what the norm and then the product give.</summary>
    /// <param name="start">Starts the device with a number of threads.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="inputs">Inputs of the product.</param>
    /// <param name="outputs">Outputs of the product.</param>
    public static void CheckNorm(Func<int, DeviceUnderTest> start, int tokens, int inputs, int outputs)
    {
        foreach (DataType type in new[] { DataType.BFloat16, DataType.Float32, DataType.Float8E4M3 })
        {
            using DeviceUnderTest test = start(2);
            StoredTensorData weight = new(type, TestRandom.Values(2, outputs * inputs), outputs, inputs);
            using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
            using DeviceIndices indices = test.Device.CreateIndices([.. Enumerable.Range(0, tokens).Select(token => token % 2)]);
            RowVectors scale = new(test.Place(TestRandom.Values(3, 2 * inputs), 2, inputs), indices);
            RowVectors shift = new(test.Row(TestRandom.Values(4, inputs)), null);
            DeviceMatrix input = test.Place(TestRandom.Values(1, tokens * inputs, 4f), tokens, inputs);
            DeviceMatrix normed = test.Place(tokens, inputs);
            DeviceMatrix expected = test.Place(tokens, outputs);
            DeviceMatrix actual = test.Place(tokens, outputs);
            test.Device.RmsNormModulate(input, 1e-6f, scale, shift, normed);
            test.Device.Linear(normed, packed, expected, LinearEpilogue.Store);
            test.Device.Linear(input, packed, actual, LinearEpilogue.Store, new RmsNorm(1e-6f, scale, shift));
            Assert.Equal(test.Read(expected), test.Read(actual));
        }
    }
}
