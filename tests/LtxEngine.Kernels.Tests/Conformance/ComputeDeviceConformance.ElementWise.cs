using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    [Theory]
    [MemberData(nameof(RowSizes))]
    public void Multiply_is_exact(int rows, int width)
    {
        float[] input = TestRandom.Values(1, rows * width, 3f);
        float[] factor = TestRandom.Values(2, rows * width, 3f);
        float[] expected = [.. input.Zip(factor, (a, b) => a * b)];
        using DeviceUnderTest test = Start();
        DeviceMatrix first = test.Place(input, rows, width);
        DeviceMatrix second = test.Place(factor, rows, width);
        DeviceMatrix output = test.Place(rows, width);
        test.Device.Multiply(first, second, output);
        Assert.Equal(expected, test.Read(output));
        test.Device.Multiply(first, second, second);
        Assert.Equal(expected, test.Read(second));
    }

    [Theory]
    [MemberData(nameof(RowSizes))]
    public void AddGated_matches_the_formula(int rows, int width)
    {
        float[] residual = TestRandom.Values(1, rows * width);
        float[] value = TestRandom.Values(2, rows * width);
        float[] gate = TestRandom.Values(3, 2 * width);
        int[] rowOfToken = Enumerable.Range(0, rows).Select(r => (r + 1) % 2).ToArray();
        foreach (int variant in new[] { 0, 1, 2 })
        {
            using DeviceUnderTest test = Start();
            using DeviceIndices indices = test.Device.CreateIndices(rowOfToken);
            RowVectors? gates = variant == 0 ? null : new RowVectors(test.Place(gate, 2, width), variant == 2 ? indices : null);
            DeviceMatrix view = test.Place(residual, rows, width);
            test.Device.AddGated(view, test.Place(value, rows, width), gates);
            double[] expected = new double[rows * width];
            for (int i = 0; i < expected.Length; i++)
            {
                double factor = variant switch { 0 => 1, 1 => gate[i % width], _ => gate[(rowOfToken[i / width] * width) + (i % width)] };
                expected[i] = residual[i] + (factor * value[i]);
            }

            Closeness.Check(expected, test.Read(view), 1e-7, 1.5e-7);
        }
    }

    [Theory]
    [MemberData(nameof(RowSizes))]
    public void Row_operations_match_the_formula(int rows, int width)
    {
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(1, rows * width);
        float[] scale = TestRandom.Values(2, width);
        float[] shift = TestRandom.Values(3, width);
        double[] added = new double[rows * width];
        double[] scaled = new double[rows * width];
        for (int i = 0; i < added.Length; i++)
        {
            added[i] = (double)input[i] + shift[i % width];
            scaled[i] = ((double)input[i] * scale[i % width]) + shift[i % width];
        }

        DeviceMatrix view = test.Place(input, rows, width);
        DeviceMatrix output = test.Place(rows, width);
        test.Device.AddRow(view, test.Row(shift), output);
        Closeness.Check(added, test.Read(output), 1e-7, 0);
        test.Device.ScaleShift(view, test.Row(scale), test.Row(shift), output);
        Closeness.Check(scaled, test.Read(output), 1e-7, 1e-7);
        float[] result = test.Read(output);
        test.Device.Copy(view, output);
        Assert.Equal(input, test.Read(output));
        test.Device.ScaleShift(view, test.Row(scale), test.Row(shift), view);
        Assert.Equal(result, test.Read(view));
        test.Device.AddRow(output, test.Row(shift), output);
        Closeness.Check(added, test.Read(output), 1e-7, 0);
    }

    [Theory]
    [InlineData(nameof(Activation.None), 1e-7)]
    [InlineData(nameof(Activation.Silu), 1e-6)]
    [InlineData(nameof(Activation.GeluTanh), 1e-6)]
    public void Activate_matches_the_formula(string name, double relative)
    {
        Activation activation = Enum.Parse<Activation>(name);
        List<float> values = [0f, -0f, 1e-45f, -1e-45f, 1e-40f, 1e-20f, -1e-20f, 3e38f, float.MaxValue, float.PositiveInfinity, float.NaN];
        for (float x = -30f; x <= 30f; x += 0.0137f)
        {
            values.Add(x);
        }

        foreach ((int rows, int width) in new[] { (1, values.Count), (values.Count, 1), (9, values.Count / 9), (3, 5) })
        {
            using DeviceUnderTest test = Start();
            float[] input = values.Take(rows * width).ToArray();
            DeviceMatrix view = test.Place(input, rows, width);
            DeviceMatrix output = test.Place(rows, width);
            double[] expected = Array.ConvertAll(input, x => ReferenceOperations.Activate(activation, x));
            test.Device.Activate(view, activation, output);

            // Far out on the negative side the result decays to 0; its relative error grows with |x|, its absolute one does not.
            Closeness.Check(expected, test.Read(output), relative, activation == Activation.None ? 1e-44 : 1e-7);
            test.Device.Activate(view, activation, view);
            Assert.Equal(test.Read(output), test.Read(view));
        }
    }

    [Theory]
    [InlineData(nameof(Activation.Silu))]
    [InlineData(nameof(Activation.GeluTanh))]
    public void Activate_of_huge_negative_values_is_zero(string name)
    {
        using DeviceUnderTest test = Start();
        DeviceMatrix view = test.Place([-100f, -1000f, -1e10f, -1e30f, -3.4e38f], 1, 5);
        test.Device.Activate(view, Enum.Parse<Activation>(name), view);
        Assert.All(test.Read(view), value => Assert.InRange(value, -1e-40f, 0f));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(0.016f)]
    [InlineData(3.7f)]
    public void RoundToFloat8_is_the_conversion_there_and_back(float scale)
    {
        List<float> values = [0f, -0f, 1e-30f, 1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.MaxValue];
        byte[] codes = Enumerable.Range(0, 0x7F).Select(code => (byte)code).ToArray();
        float[] grid = new float[codes.Length];
        TensorConversion.Float8E4M3ToFloat32(codes, grid);
        for (int i = 0; i + 1 < grid.Length; i++)
        {
            // Grid points, ties, and both neighbours of each tie.
            float tie = (grid[i] + grid[i + 1]) / 2;
            values.AddRange([grid[i], -grid[i], tie, -tie, MathF.BitIncrement(tie), MathF.BitDecrement(tie)]);
        }

        values.AddRange(TestRandom.Values(3, 500).Select(value => value * 300));
        float[] input = values.Select(value => value * scale).ToArray();
        float[] expected = Array.ConvertAll(input, x => ReferenceOperations.RoundToFloat8(x, scale));
        foreach ((int rows, int width) in new[] { (1, input.Length), (input.Length, 1), (7, input.Length / 7) })
        {
            using DeviceUnderTest test = Start();
            DeviceMatrix view = test.Place(input[..(rows * width)], rows, width);
            DeviceMatrix output = test.Place(rows, width);
            test.Device.RoundToFloat8(view, scale, output);
            Assert.Equal(expected[..(rows * width)], test.Read(output));
            test.Device.RoundToFloat8(view, scale, view);
            Assert.Equal(expected[..(rows * width)], test.Read(view));
        }
    }

    [Fact]
    public void Upload_and_download_are_exact()
    {
        using DeviceUnderTest test = Start();
        float[] values = TestRandom.Values(1, 6 * 11);
        values[3] = float.NaN;
        values[4] = float.NegativeInfinity;
        values[5] = -0f;
        DeviceMatrix view = test.Place(values, 6, 11);
        float[] back = new float[20];
        test.Device.Download(view.RowRange(2, 4).ColumnRange(5, 5), back);
        for (int i = 0; i < back.Length; i++)
        {
            Assert.Equal(values[((2 + (i / 5)) * 11) + 5 + (i % 5)], back[i]);
        }

        Assert.Equal(values, test.Read(view));
    }
}
