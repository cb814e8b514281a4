namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    public static TheoryData<int, int> RowSizes => new()
    {
        { 1, 1 }, { 1, 2 }, { 3, 4 }, { 2, 7 }, { 5, 16 }, { 4, 31 }, { 1, 64 }, { 9, 100 }, { 40, 515 }, { 3, 4096 }, { 70, 2050 }, { 0, 8 },
    };

    [Theory]
    [MemberData(nameof(RowSizes))]
    public void RmsNormModulate_matches_the_formula(int rows, int width) => CheckNorm(rows, width, removeMean: false);

    [Theory]
    [MemberData(nameof(RowSizes))]
    public void LayerNormModulate_matches_the_formula(int rows, int width) => CheckNorm(rows, width, removeMean: true);

    [Fact]
    public void Norms_of_a_zero_row_are_the_shift()
    {
        using DeviceUnderTest test = Start();
        float[] shift = TestRandom.Values(1, 37);
        DeviceMatrix input = test.Place(new float[37], 1, 37);
        RowVectors vectors = new(test.Row(shift), null);
        DeviceMatrix output = test.Place(1, 37);
        test.Device.RmsNormModulate(input, 1e-6f, vectors, vectors, output);
        Assert.Equal(shift, test.Read(output));
        test.Device.LayerNormModulate(input, 1e-6f, vectors, vectors, output);
        Assert.Equal(shift, test.Read(output));
    }

    [Fact]
    public void LayerNorm_keeps_its_accuracy_beside_a_large_mean()
    {
        using DeviceUnderTest test = Start();
        float[] input = Array.ConvertAll(TestRandom.Values(2, 3 * 300), value => value + 1000f);
        DeviceMatrix output = test.Place(3, 300);
        test.Device.LayerNormModulate(test.Place(input, 3, 300), 1e-6f, null, null, output);

        // The mean itself is rounded to fp32: 3e-5 of a deviation of 0.58.
        Closeness.Check(ReferenceOperations.NormModulate(input, 3, 300, 1e-6f, true, null, null), test.Read(output), 1e-5, 1.5e-4);
    }

    [Fact]
    public void Norms_keep_special_values_in_their_rows()
    {
        using DeviceUnderTest test = Start();
        float[] input = TestRandom.Values(3, 4 * 50);
        input[60] = float.NaN;
        DeviceMatrix output = test.Place(4, 50);
        test.Device.RmsNormModulate(test.Place(input, 4, 50), 1e-6f, null, null, output);
        Closeness.Check(ReferenceOperations.NormModulate(input, 4, 50, 1e-6f, false, null, null), test.Read(output), 2e-6, 1e-6);
        test.Device.LayerNormModulate(test.Place(input, 4, 50), 1e-6f, null, null, output);
        Closeness.Check(ReferenceOperations.NormModulate(input, 4, 50, 1e-6f, true, null, null), test.Read(output), 2e-6, 1e-6);
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(3, 2, 6)]
    [InlineData(5, 3, 10)]
    [InlineData(7, 4, 64)]
    [InlineData(33, 2, 128)]
    [InlineData(20, 5, 34)]
    [InlineData(9, 32, 128)]
    public void RmsNormRotate_matches_the_formula(int rows, int heads, int headDimension)
    {
        int width = heads * headDimension;
        float[] values = TestRandom.Values(1, rows * width, 3f);
        float[] weight = TestRandom.Values(2, width);
        float[] angles = TestRandom.Values(3, rows * width / 2, 10f);
        float[] cosines = Array.ConvertAll(angles, MathF.Cos);
        float[] sines = Array.ConvertAll(angles, MathF.Sin);
        foreach (RotaryLayout layout in Enum.GetValues<RotaryLayout>())
        {
            using DeviceUnderTest test = Start();
            using DeviceRotaryTable table = test.Device.CreateRotaryTable(cosines, sines, rows, width, heads, layout);
            DeviceMatrix view = test.Place(values, rows, width);
            test.Device.RmsNormRotate(view, test.Row(weight), 1e-6f, table);
            double[] expected = ReferenceOperations.RmsNormRotate(values, rows, width, weight, 1e-6f, cosines, sines, heads, layout);
            Closeness.Check(expected, test.Read(view), 1e-6, 1e-6);
        }

        using DeviceUnderTest plain = Start();
        DeviceMatrix unrotated = plain.Place(values, rows, width);
        plain.Device.RmsNormRotate(unrotated, plain.Row(weight), 1e-6f, null);
        double[] normed = ReferenceOperations.RmsNormRotate(values, rows, width, weight, 1e-6f, null, null, heads, RotaryLayout.Split);
        Closeness.Check(normed, plain.Read(unrotated), 1e-6, 1e-6);
    }

    [Theory]
    [InlineData(1, 2, 8)]
    [InlineData(7, 3, 64)]
    [InlineData(40, 16, 34)]
    public void RmsNormRotate_turns_the_heads_of_a_token_alike(int tokens, int heads, int headDimension)
    {
        float[] values = TestRandom.Values(1, tokens * heads * headDimension, 3f);
        float[] weight = TestRandom.Values(2, headDimension);
        float[] angles = TestRandom.Values(3, tokens * headDimension / 2, 10f);
        float[] cosines = Array.ConvertAll(angles, MathF.Cos);
        float[] sines = Array.ConvertAll(angles, MathF.Sin);
        float[] Repeat(float[] table) => [.. table.Chunk(headDimension / 2).SelectMany(row => Enumerable.Repeat(row, heads).SelectMany(r => r))];
        using DeviceUnderTest test = Start();
        using DeviceRotaryTable table = test.Device.CreateRotaryTable(cosines, sines, tokens, headDimension, 1, RotaryLayout.Split);
        DeviceMatrix view = test.Place(values, tokens * heads, headDimension);
        test.Device.RmsNormRotate(view, test.Row(weight), 1e-6f, table);
        double[] expected = ReferenceOperations.RmsNormRotate(
            values, tokens * heads, headDimension, weight, 1e-6f, Repeat(cosines), Repeat(sines), 1, RotaryLayout.Split);
        Closeness.Check(expected, test.Read(view), 1e-6, 1e-6);
        DeviceMatrix oneMore = test.Place((tokens * heads) + 1, headDimension);
        Assert.Equal(tokens > 1, Record.Exception(() => test.Device.RmsNormRotate(oneMore, test.Row(weight), 1e-6f, table)) is ArgumentException);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 8, 4)]
    [InlineData(7, 6, 3)]
    [InlineData(50, 32, 32)]
    [InlineData(123, 96, 32)]
    [InlineData(300, 70, 5)]
    [InlineData(1000, 64, 8)]
    public void GroupNorm_matches_the_formula(int positions, int channels, int groups)
    {
        float[] input = TestRandom.Values(1, positions * channels, 4f);
        float[] weight = TestRandom.Values(2, channels);
        float[] bias = TestRandom.Values(3, channels);
        float[] residual = TestRandom.Values(4, positions * channels);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            foreach (float[]? added in new[] { null, residual })
            {
                using DeviceUnderTest test = Start();
                DeviceMatrix view = test.Place(input, positions, channels);
                DeviceMatrix output = test.Place(positions, channels);
                DeviceMatrix? residualView = added is null ? null : test.Place(added, positions, channels);
                DeviceMatrix weightView = test.Row(weight);
                DeviceMatrix biasView = test.Row(bias);
                test.Device.GroupNorm(view, groups, 1e-5f, weightView, biasView, residualView, activation, output);
                double[] expected = ReferenceOperations.GroupNorm(input, positions, channels, groups, 1e-5f, weight, bias, added, activation);
                float[] actual = test.Read(output);
                Closeness.Check(expected, actual, 2e-6, 2e-6);

                // In place, the input being the output as well as the residual being the output.
                test.Device.GroupNorm(view, groups, 1e-5f, weightView, biasView, residualView, activation, view);
                Assert.Equal(actual, test.Read(view));
                if (residualView is { } target)
                {
                    test.Device.GroupNorm(test.Place(input, positions, channels), groups, 1e-5f, weightView, biasView, target, activation, target);
                    Assert.Equal(actual, test.Read(target));
                }
            }
        }
    }

    [Fact]
    public void GroupNorm_keeps_its_accuracy_beside_a_large_mean()
    {
        using DeviceUnderTest test = Start();
        float[] input = Array.ConvertAll(TestRandom.Values(5, 2000 * 8), value => value + 500f);
        float[] ones = [1, 1, 1, 1, 1, 1, 1, 1];
        DeviceMatrix output = test.Place(2000, 8);
        test.Device.GroupNorm(test.Place(input, 2000, 8), 2, 1e-5f, test.Row(ones), test.Row(new float[8]), null, Activation.None, output);
        double[] expected = ReferenceOperations.GroupNorm(input, 2000, 8, 2, 1e-5f, ones, new float[8], null, Activation.None);
        Closeness.Check(expected, test.Read(output), 1e-5, 1e-4);
    }

    private void CheckNorm(int rows, int width, bool removeMean)
    {
        float[] input = TestRandom.Values(1, rows * width, 5f);
        float[] scale = TestRandom.Values(2, 3 * width);
        float[] shift = TestRandom.Values(3, 2 * width);
        int[] scaleRow = Enumerable.Range(0, rows).Select(r => r * 5 % 3).ToArray();
        int[] shiftRow = Enumerable.Range(0, rows).Select(r => r % 2).ToArray();
        foreach (int variant in new[] { 0, 1, 2, 3 })
        {
            using DeviceUnderTest test = Start();
            using DeviceIndices scaleIndices = test.Device.CreateIndices(scaleRow);
            using DeviceIndices shiftIndices = test.Device.CreateIndices(shiftRow);
            bool hasScale = variant is 1 or 3;
            bool hasShift = variant is 2 or 3;
            RowVectors? scales = hasScale ? new RowVectors(test.Place(scale, 3, width), variant == 3 ? scaleIndices : null) : null;
            RowVectors? shifts = hasShift ? new RowVectors(test.Place(shift, 2, width), variant == 3 ? shiftIndices : null) : null;
            double[] expected = ReferenceOperations.NormModulate(
                input,
                rows,
                width,
                1e-6f,
                removeMean,
                hasScale ? (r, c) => scale[((variant == 3 ? scaleRow[r] : 0) * width) + c] : null,
                hasShift ? (r, c) => shift[((variant == 3 ? shiftRow[r] : 0) * width) + c] : null);
            DeviceMatrix view = test.Place(input, rows, width);
            DeviceMatrix output = test.Place(rows, width);
            foreach (DeviceMatrix target in new[] { output, view })
            {
                if (removeMean)
                {
                    test.Device.LayerNormModulate(view, 1e-6f, scales, shifts, target);
                }
                else
                {
                    test.Device.RmsNormModulate(view, 1e-6f, scales, shifts, target);
                }

                // A layer norm of one or two columns divides a rounded difference by itself.
                Closeness.Check(expected, test.Read(target), 2e-6, removeMean ? 1e-5 : 2e-6);
            }
        }
    }
}
