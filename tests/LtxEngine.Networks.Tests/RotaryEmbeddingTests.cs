using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Networks.Tests;

/// <summary>Numbers computed by the original code for the 19B (transformer.md §5.4).</summary>
public sealed class RotaryEmbeddingTests
{
    private static readonly RotaryEmbedding VideoSelf = new(4096, 32, RotaryLayout.Split, 10000, [20, 2048, 2048], doublePrecisionGrid: true);
    private static readonly RotaryEmbedding TimeOnly = new(2048, 32, RotaryLayout.Split, 10000, [20], doublePrecisionGrid: true);

    [Theory]
    [InlineData(0, 1.5707964f)]
    [InlineData(1, 1.5921853f)]
    [InlineData(2, 1.6138654f)]
    [InlineData(340, 156.02098f)]
    [InlineData(680, 15496.947f)]
    [InlineData(681, 15707.963f)]
    public void Frequencies_of_three_axes(int index, float expected)
    {
        Assert.Equal(682, VideoSelf.Frequencies.Length);
        Assert.Equal(expected, VideoSelf.Frequencies[index]);
    }

    [Theory]
    [InlineData(1, 1.5850024f)]
    [InlineData(512, 157.78835f)]
    public void Frequencies_of_one_axis(int index, float expected)
    {
        Assert.Equal(1024, TimeOnly.Frequencies.Length);
        Assert.Equal(expected, TimeOnly.Frequencies[index]);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, -0.99791664f, 0.0032725, -0.9999946, -0.0180708, -0.9998367, 0.2578146, 0.9661944)]
    [InlineData(0, 0, 0, 1, -0.984375f, 0.0245411, -0.9996988, 0.0034890, -0.9999939, 0.9238892, 0.3826601)]
    [InlineData(1, 2, 3, 0, -0.97916669f, 0.0327190, -0.9994646, 0.0117813, -0.9999306, 0.8659424, 0.5001438)]
    [InlineData(1, 2, 3, 1, -0.921875f, 0.1224106, -0.9924796, 0.1028186, -0.9947001, -0.3829766, 0.9237580)]
    [InlineData(1, 2, 3, 2, -0.890625f, 0.1709619, -0.9852777, 0.1521629, -0.9883554, -0.9240664, 0.3822320)]
    [InlineData(15, 0, 0, 0, -0.51249999f, 0.6930873, -0.7208536, 0.6851440, -0.7284076, 0.0006084, -0.9999998)]
    public void Video_positions(
        int frame, int row, int column, int axis, float u, double cos0, double sin0, double cos1, double sin1, double cosLast, double sinLast)
    {
        const int Height = 3;
        const int Width = 4;
        float[] positions = TinyModel.VideoPositions(16, Height, Width);
        int tokens = 16 * Height * Width;
        int token = (((frame * Height) + row) * Width) + column;
        Assert.Equal(u, VideoSelf.Normalised(positions, axis, token, tokens));
        (float[] cosines, float[] sines) = Compute(VideoSelf, positions, tokens);
        int start = (token * 2048) + 2 + axis;
        Near(cos0, cosines[start]);
        Near(sin0, sines[start]);
        Near(cos1, cosines[start + 3]);
        Near(sin1, sines[start + 3]);
        Near(cosLast, cosines[start + (681 * 3)]);
        Near(sinLast, sines[start + (681 * 3)]);
    }

    [Theory]
    [InlineData(0, -0.9995f)]
    [InlineData(1, -0.997f)]
    [InlineData(125, -0.50100005f)]
    public void Audio_positions(int token, float u) =>
        Assert.Equal(u, TimeOnly.Normalised(TinyModel.AudioPositions(126), 0, token, 126));

    [Fact]
    public void Front_is_padded_with_the_identity()
    {
        (float[] cosines, float[] sines) = Compute(VideoSelf, TinyModel.VideoPositions(2, 2, 2), 8);
        for (int token = 0; token < 8; token++)
        {
            Assert.Equal([1f, 1f], cosines.AsSpan(token * 2048, 2).ToArray());
            Assert.Equal([0f, 0f], sines.AsSpan(token * 2048, 2).ToArray());
        }
    }

    [Fact]
    public void Equal_positions_share_their_values_and_far_ones_are_not_clamped()
    {
        float[] positions = [0, 0.1f, 60, 61, 0, 0.1f];
        (float[] cosines, float[] sines) = Compute(TimeOnly, positions, 3);
        Assert.Equal(cosines.AsSpan(0, 1024).ToArray(), cosines.AsSpan(2048, 1024).ToArray());
        Assert.Equal(sines.AsSpan(0, 1024).ToArray(), sines.AsSpan(2048, 1024).ToArray());
        double angle = 1.5707964f * (float)((60.5 / 20 * 2) - 1);
        Near(Math.Cos(angle), cosines[1024]);
        Near(Math.Sin(angle), sines[1024]);
    }

    [Fact]
    public void Start_is_used_when_the_middle_is_not()
    {
        RotaryEmbedding start = new(8, 2, RotaryLayout.Interleaved, 10000, [4], doublePrecisionGrid: true, useMiddle: false);
        Assert.Equal(-0.5f, start.Normalised([1, 3], 0, 0, 1));
    }

    [Fact]
    public void Wrong_number_of_positions_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeOnly.Compute(new float[3], 2, new float[2048], new float[2048]));

    private static (float[] Cosines, float[] Sines) Compute(RotaryEmbedding rotary, float[] positions, int tokens)
    {
        float[] cosines = new float[tokens * rotary.Width / 2];
        float[] sines = new float[cosines.Length];
        rotary.Compute(positions, tokens, cosines, sines);
        return (cosines, sines);
    }

    private static void Near(double expected, float actual) => Assert.InRange(actual, expected - 1.5e-7, expected + 1.5e-7);
}
