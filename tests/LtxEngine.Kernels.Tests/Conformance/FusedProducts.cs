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
            test.Device.Linear(input, packed, actual, LinearEpilogue.Store, new LinearPrologue { Norm = new RmsNorm(1e-6f, scale, shift) });
            Assert.Equal(test.Read(expected), test.Read(actual));
        }
    }

    /// <summary>The statistics are those of the rows that were written, and ranges of an input give what the device finds without them.</summary>
    /// <param name="start">Starts the device with a number of threads.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="inputs">Inputs of the product.</param>
    /// <param name="outputs">Outputs of the product.</param>
    public static void CheckStatistics(Func<int, DeviceUnderTest> start, int tokens, int inputs, int outputs)
    {
        foreach (bool accumulates in new[] { false, true })
        {
            using DeviceUnderTest test = start(2);
            StoredTensorData weight = new(DataType.BFloat16, TestRandom.Values(2, outputs * inputs), outputs, inputs);
            StoredTensorData next = new(DataType.BFloat16, TestRandom.Values(6, 5 * outputs), 5, outputs);
            using IDeviceWeight packed = test.Device.PrepareLinear([new LinearPart(weight, null)]);
            using IDeviceWeight packedNext = test.Device.PrepareLinear([new LinearPart(next, null)]);
            float[] input = TestRandom.Values(1, tokens * inputs);
            int notFinite = tokens > 2 ? 2 : -1;
            if (notFinite >= 0)
            {
                input[notFinite * inputs] = float.NaN;
            }

            DeviceMatrix output = test.Place(TestRandom.Values(3, tokens * outputs), tokens, outputs);
            DeviceMatrix sums = test.Place(tokens, 1);
            DeviceMatrix ranges = test.Place(tokens, 3);
            test.Device.Linear(
                test.Place(input, tokens, inputs), packed, output, new LinearEpilogue { Accumulate = accumulates, Activation = Activation.Silu, SumsOfSquares = sums, Ranges = ranges });
            float[] written = test.Read(output);
            float[] sumValues = test.Read(sums);
            float[] rangeValues = test.Read(ranges);
            for (int token = 0; token < tokens; token++)
            {
                float[] row = written[(token * outputs)..((token + 1) * outputs)];
                Assert.Equal(token != notFinite, float.IsFinite(sumValues[token]));
                Assert.Equal(token == notFinite ? float.NaN : 0, rangeValues[(token * 3) + 2]);
                if (token != notFinite)
                {
                    double sum = row.Sum(x => (double)x * x);
                    Assert.InRange(sumValues[token], sum * (1 - 1e-6), sum * (1 + 1e-6));
                    Assert.Equal(Math.Min(0, row.Min()), rangeValues[token * 3]);
                    Assert.Equal(Math.Max(0, row.Max()), rangeValues[(token * 3) + 1]);
                }
            }

            DeviceMatrix expected = test.Place(tokens, 5);
            DeviceMatrix actual = test.Place(tokens, 5);
            test.Device.Linear(output, packedNext, expected, LinearEpilogue.Store);
            test.Device.Linear(output, packedNext, actual, LinearEpilogue.Store, new LinearPrologue { Ranges = ranges });
            Assert.Equal(test.Read(expected), test.Read(actual));
        }
    }
}
