using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Quantization;

public sealed class QuantizationTests
{
    [Fact]
    public void Rounding_to_e2m1_goes_to_the_nearest_even_code()
    {
        float[] magnitudes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];
        for (int code = 0; code < magnitudes.Length; code++)
        {
            Assert.Equal(code, TensorConversion.Float32ToFloat4E2M1(magnitudes[code]));
            Assert.Equal(code | 8, TensorConversion.Float32ToFloat4E2M1(-magnitudes[code]));
            if (code + 1 < magnitudes.Length)
            {
                float middle = (magnitudes[code] + magnitudes[code + 1]) / 2;
                Assert.Equal(code % 2 == 0 ? code : code + 1, TensorConversion.Float32ToFloat4E2M1(middle));
                Assert.Equal(code, TensorConversion.Float32ToFloat4E2M1(MathF.BitDecrement(middle)));
                Assert.Equal(code + 1, TensorConversion.Float32ToFloat4E2M1(MathF.BitIncrement(middle)));
            }
        }

        Assert.Equal(7, TensorConversion.Float32ToFloat4E2M1(1e30f));
        Assert.Equal(15, TensorConversion.Float32ToFloat4E2M1(float.NegativeInfinity));
    }

    [Theory]
    [InlineData(128, 4)]
    [InlineData(256, 12)]
    public void Every_block_scale_has_a_place_of_its_own(int rows, int columns)
    {
        HashSet<int> places = [];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Assert.True(places.Add(Nvfp4.ScaleOffset(row, column, columns)));
            }
        }

        Assert.Equal((0, (rows * columns) - 1), (places.Min(), places.Max()));
        Assert.Equal(16, Nvfp4.ScaleOffset(1, 0, columns));
        Assert.Equal(4, Nvfp4.ScaleOffset(32, 0, columns));
    }

    [Fact]
    public void Nvfp4_round_trip_stays_within_half_a_step()
    {
        const int Rows = 37;
        const int Columns = 80;
        Random random = new(3);
        float[] weight = [.. Enumerable.Range(0, Rows * Columns).Select(_ => (float)(random.NextDouble() - 0.5))];
        byte[] packed = new byte[Rows * Columns / 2];
        byte[] scales = new byte[Nvfp4.PaddedRows(Rows) * Nvfp4.PaddedColumns(Columns)];
        float globalScale = Nvfp4.Quantize(weight, Rows, Columns, packed, scales);
        float[] back = new float[weight.Length];
        Nvfp4.Dequantize(packed, scales, globalScale, Rows, Columns, 0, back);

        // The coarsest step of e2m1 is 2 of 6; the block scale itself is rounded to 4 bits.
        for (int block = 0; block < weight.Length / Nvfp4.BlockSize; block++)
        {
            float maximum = weight.Skip(block * Nvfp4.BlockSize).Take(Nvfp4.BlockSize).Max(MathF.Abs);
            for (int i = block * Nvfp4.BlockSize; i < (block + 1) * Nvfp4.BlockSize; i++)
            {
                Assert.InRange(back[i], weight[i] - (maximum * 0.25f), weight[i] + (maximum * 0.25f));
            }
        }

        // Any rows alone give the same values.
        float[] part = new float[5 * Columns];
        Nvfp4.Dequantize(packed.AsSpan(30 * Columns / 2, 5 * Columns / 2), scales, globalScale, Rows, Columns, 30, part);
        Assert.Equal(back.AsSpan(30 * Columns, part.Length).ToArray(), part);
    }

    [Fact]
    public void Weights_of_zeros_and_weights_that_are_not_finite()
    {
        byte[] codes = [1, 1];
        Assert.Equal(1, Float8Quantizer.QuantizeWeight([0f, 0f], codes));
        Assert.Equal([0, 0], codes);
        Assert.Throws<ArgumentException>(() => Float8Quantizer.QuantizeWeight([1, float.NaN], new byte[2]));
        Assert.Throws<ArgumentException>(() => Float8Quantizer.QuantizeWeight([1, float.NegativeInfinity], new byte[2]));

        byte[] packed = new byte[8];
        byte[] scales = new byte[512];
        Assert.Equal(1, Nvfp4.Quantize(new float[16], 1, 16, packed, scales));
        Assert.All(packed, value => Assert.Equal(0, value));
        Assert.Throws<ArgumentException>(() => Nvfp4.Quantize(new float[17], 1, 17, packed, scales));
        Assert.Throws<ArgumentException>(() => Nvfp4.Quantize(new float[16], 1, 16, packed, new byte[4]));
    }

    [Theory]
    [InlineData("model-fp8.safetensors", "ScaledFloat8", 2e-2)]
    [InlineData("model-fp4.safetensors", "Nvfp4", 0.1)]
    public void Quantised_files_come_near_the_weights_that_they_were_made_from(string name, string format, double limit)
    {
        string folder = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny");
        using SafetensorsFile quantised = SafetensorsFile.Open(Path.Combine(folder, name));
        using SafetensorsFile original = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        int count = 0;
        foreach (StoredTensor tensor in quantised.Tensors.Values.Where(tensor => tensor.Name.EndsWith(".weight_scale", StringComparison.Ordinal)))
        {
            string layer = tensor.Name[..^".weight_scale".Length];
            StoredWeight weight = StoredWeight.Find(quantised, layer);
            Assert.Equal(format, weight.Format.ToString());
            float[] expected = original.Tensors[$"{layer}.weight"].ToFloat32Array();
            Assert.Equal(original.Tensors[$"{layer}.weight"].Shape, weight.Shape);
            float[] actual = new float[expected.Length];
            weight.ToFloat32(actual);
            double error = Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2)) / expected.Sum(value => (double)value * value));
            Assert.InRange(error, 1e-6, limit * 2);

            int columns = weight.Shape.Extent(1);
            float[] rows = new float[2 * columns];
            weight.ToFloat32(3, 2, rows);
            Assert.Equal(actual.AsSpan(3 * columns, rows.Length).ToArray(), rows);
            count++;
        }

        Assert.Equal(28, count);
        Assert.Equal(WeightFormat.Plain, StoredWeight.Find(quantised, "model.diffusion_model.proj_out").Format);
        Assert.Throws<ModelFormatException>(() => StoredWeight.Find(quantised, "model.diffusion_model.nothing"));
    }
}
