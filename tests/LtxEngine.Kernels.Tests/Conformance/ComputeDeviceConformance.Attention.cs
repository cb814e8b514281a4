namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    public static TheoryData<int, int, int, int> AttentionSizes => new()
    {
        { 1, 1, 1, 2 }, { 1, 5, 2, 4 }, { 5, 1, 1, 6 }, { 33, 170, 3, 16 }, { 31, 168, 1, 64 }, { 32, 169, 2, 32 }, { 70, 337, 2, 128 },
        { 40, 20, 1, 256 }, { 129, 10, 2, 34 }, { 260, 400, 5, 64 }, { 2, 1000, 1, 22 }, { 0, 3, 2, 8 },
    };

    [Theory]
    [MemberData(nameof(AttentionSizes))]
    public void Attention_matches_the_formula(int queries, int keys, int heads, int headDimension) =>
        CheckAttention(queries, keys, heads, headDimension, 1f, 1f / MathF.Sqrt(headDimension), 2e-6);

    [Theory]
    [InlineData(30f)]
    [InlineData(-30f)]
    [InlineData(0f)]
    public void Attention_takes_peaked_and_flat_scores(float scale) => CheckAttention(40, 350, 2, 16, 2f, scale, 2e-4);

    [Fact]
    public void Attention_of_rising_scores_scales_what_it_has()
    {
        // The maximum rises with every key, hence in every block; a wrong running maximum would overflow or lose the earlier keys.
        using DeviceUnderTest test = Start();
        const int keys = 700;
        float[] query = [1f, 0f];
        float[] key = Enumerable.Range(0, keys * 2).Select(i => i % 2 == 0 ? i * 0.25f : 0f).ToArray();
        float[] value = TestRandom.Values(1, keys * 2);
        DeviceMatrix output = test.Place(1, 2);
        test.Device.Attention(test.Place(query, 1, 2), test.Place(key, keys, 2), test.Place(value, keys, 2), output, 1, 1f);
        Closeness.Check(ReferenceOperations.Attention(query, 1, key, value, keys, 1, 2, 1f), test.Read(output), 2e-6, 2e-6);
    }

    [Fact]
    public void Attention_reads_the_columns_of_a_merged_buffer()
    {
        using DeviceUnderTest test = Start();
        const int tokens = 45, width = 32;
        float[] query = TestRandom.Values(1, tokens * width);
        float[] key = TestRandom.Values(2, tokens * width);
        float[] value = TestRandom.Values(3, tokens * width);
        DeviceMatrix merged = test.Place(tokens, width * 4);
        test.Device.Upload(query, merged.ColumnRange(0, width));
        test.Device.Upload(key, merged.ColumnRange(width, width));
        test.Device.Upload(value, merged.ColumnRange(2 * width, width));
        DeviceMatrix output = merged.ColumnRange(3 * width, width);
        test.Device.Attention(merged.ColumnRange(0, width), merged.ColumnRange(width, width), merged.ColumnRange(2 * width, width), output, 2, 0.25f);
        float[] actual = new float[tokens * width];
        test.Device.Download(output, actual);
        Closeness.Check(ReferenceOperations.Attention(query, tokens, key, value, tokens, 2, 16, 0.25f), actual, 0, 2e-6);
    }

    [Fact]
    public void Attention_keeps_special_values_where_they_belong()
    {
        using DeviceUnderTest test = Start();
        const int queries = 35, keys = 180, width = 8;
        float[] query = Array.ConvertAll(TestRandom.Values(1, queries * width), Math.Abs);
        float[] key = Array.ConvertAll(TestRandom.Values(2, keys * width), Math.Abs);
        float[] value = TestRandom.Values(3, keys * width);
        query[(4 * width) + 2] = float.NaN;

        // A key of −∞ scores gets the weight 0 from every query (their components are positive), even as the first of a block.
        for (int k = 168; k < keys; k++)
        {
            key[(k * width) + 1] = float.NegativeInfinity;
        }

        DeviceMatrix output = test.Place(queries, width);
        test.Device.Attention(test.Place(query, queries, width), test.Place(key, keys, width), test.Place(value, keys, width), output, 1, 0.5f);
        double[] expected = ReferenceOperations.Attention(query, queries, key, value, keys, 1, width, 0.5f);
        Assert.True(double.IsNaN(expected[4 * width]));
        Closeness.Check(expected, test.Read(output), 1e-6, 2e-6);
    }

    [Theory]
    [InlineData(1, 1, 2, 1, 4)]
    [InlineData(1, 400, 4, 2, 32)]
    [InlineData(45, 45, 6, 2, 16)]
    [InlineData(70, 337, 16, 8, 64)]
    [InlineData(33, 170, 5, 1, 256)]
    public void Attention_shares_keys_among_query_heads(int queries, int keys, int heads, int keyHeads, int headDimension)
    {
        using DeviceUnderTest test = Start();
        float[] query = TestRandom.Values(1, queries * heads * headDimension);
        float[] key = TestRandom.Values(2, keys * keyHeads * headDimension);
        float[] value = TestRandom.Values(3, keys * keyHeads * headDimension);
        float scale = 1 / MathF.Sqrt(headDimension);
        DeviceMatrix output = test.Place(queries, heads * headDimension);
        test.Device.Attention(
            test.Place(query, queries, heads * headDimension),
            test.Place(key, keys, keyHeads * headDimension),
            test.Place(value, keys, keyHeads * headDimension),
            output,
            heads,
            scale);
        Closeness.Check(ReferenceOperations.Attention(query, queries, key, value, keys, heads, headDimension, scale, keyHeads), test.Read(output), 0, 2e-6);
    }

    /// <summary>Causal, causal within a window, and with a run of queries that see each other, behind keys of earlier tokens.</summary>
    [Theory]
    [InlineData(1, 0, int.MaxValue, 0, 0)]
    [InlineData(1, 500, 200, 0, 0)]
    [InlineData(40, 0, int.MaxValue, 0, 0)]
    [InlineData(400, 0, int.MaxValue, 0, 0)]
    [InlineData(400, 0, 7, 0, 0)]
    [InlineData(400, 3, 180, 0, 0)]
    [InlineData(230, 300, 171, 20, 190)]
    [InlineData(33, 168, 1, 0, 0)]
    public void Attention_sees_ranges_of_keys(int queries, int past, int window, int runStart, int runEnd)
    {
        const int heads = 4, keyHeads = 2, headDimension = 16;
        using DeviceUnderTest test = Start();
        int keys = past + queries;
        int[] end = [.. Enumerable.Range(0, queries).Select(q => past + (q >= runStart && q < runEnd ? runEnd : q + 1))];
        int[] first = [.. Enumerable.Range(0, queries).Select(q => Math.Max(0, past + q - window + 1))];
        float[] query = TestRandom.Values(1, queries * heads * headDimension, 3f);
        float[] key = TestRandom.Values(2, keys * keyHeads * headDimension, 3f);
        float[] value = TestRandom.Values(3, keys * keyHeads * headDimension);
        using KeyRanges seen = KeyRanges.Create(test.Device, first, end);
        DeviceMatrix output = test.Place(queries, heads * headDimension);
        test.Device.Attention(
            test.Place(query, queries, heads * headDimension),
            test.Place(key, keys, keyHeads * headDimension),
            test.Place(value, keys, keyHeads * headDimension),
            output,
            heads,
            0.25f,
            seen);
        double[] expected = ReferenceOperations.Attention(query, queries, key, value, keys, heads, headDimension, 0.25f, keyHeads, first, end);
        Closeness.Check(expected, test.Read(output), 0, 5e-6);
    }

    [Fact]
    public void Ranges_of_keys_must_fit_the_attention()
    {
        using DeviceUnderTest test = Start();
        Assert.Throws<ArgumentException>(() => KeyRanges.Create(test.Device, [0, 2], [1, 2]));
        Assert.Throws<ArgumentException>(() => KeyRanges.Create(test.Device, [-1], [1]));
        Assert.Throws<ArgumentException>(() => KeyRanges.Create(test.Device, [0], [1, 2]));
        DeviceMatrix two = test.Place(2, 4);
        DeviceMatrix output = test.Place(2, 4);
        using KeyRanges long3 = KeyRanges.Create(test.Device, [0, 0], [1, 3]);
        using KeyRanges one = KeyRanges.Create(test.Device, [0], [1]);
        Assert.Throws<ArgumentException>(() => test.Device.Attention(two, two, two, output, 2, 1f, long3));
        Assert.Throws<ArgumentException>(() => test.Device.Attention(two, two, two, output, 2, 1f, one));
        Assert.Throws<ArgumentException>(() => test.Device.Attention(test.Place(2, 12), test.Place(2, 8), test.Place(2, 8), test.Place(2, 12), 3, 1f));
        Assert.True(test.IsUntouched(output));
    }

    private void CheckAttention(int queries, int keys, int heads, int headDimension, float magnitude, float scale, double limit)
    {
        using DeviceUnderTest test = Start();
        int width = heads * headDimension;
        float[] query = TestRandom.Values(1, queries * width, magnitude);
        float[] key = TestRandom.Values(2, keys * width, magnitude);
        float[] value = TestRandom.Values(3, keys * width);
        DeviceMatrix output = test.Place(queries, width);
        test.Device.Attention(test.Place(query, queries, width), test.Place(key, keys, width), test.Place(value, keys, width), output, heads, scale);
        double[] expected = ReferenceOperations.Attention(query, queries, key, value, keys, heads, headDimension, scale);
        Closeness.Check(expected, test.Read(output), 0, limit);
    }
}
