using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Tests.Latents;

public sealed class PositionsTests
{
    [Fact]
    public void Latent_frames_cover_one_then_eight_pixel_frames()
    {
        LatentState state = InitialStates.CreateVideo(VideoLatentShape.FromClip(1, 17, 32, 32), 24, []);
        Assert.Equal([0f, 1f / 24, 1f / 24, 9f / 24, 9f / 24, 17f / 24], state.Positions[..6].ToArray());
    }

    [Theory]
    [InlineData(0, 0, 0, 0.020833334f, 16f, 16f)]
    [InlineData(1, 2, 3, 0.20833333f, 80f, 112f)]
    [InlineData(15, 0, 0, 4.875f, 16f, 16f)]
    public void Mid_points_are_the_published_ones(int frame, int row, int column, float time, float y, float x)
    {
        VideoLatentShape shape = new(1, 16, 4, 5);
        LatentState state = InitialStates.CreateVideo(shape, 24, []);
        int token = (((frame * shape.Height) + row) * shape.Width) + column;
        Assert.Equal(time, Middle(state, 0, token), 1e-7f);
        Assert.Equal(y, Middle(state, 1, token));
        Assert.Equal(x, Middle(state, 2, token));
    }

    [Theory]
    [InlineData(0, 0.005f)]
    [InlineData(1, 0.03f)]
    [InlineData(125, 4.99f)]
    public void Audio_mid_points_are_the_published_ones(int index, float time)
    {
        LatentState state = InitialStates.CreateAudio(new AudioLatentShape(8, 126, 16), AudioTiming.Default);
        Assert.Equal(time, Middle(state, 0, index), 1e-6f);
    }

    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(0.041666668f, 0.041748047f)]
    [InlineData(1.00390625f, 1f)]
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(8128f, 8128f)]
    [InlineData(-0.3f, -0.30078125f)]
    public void Rounding_to_bfloat16_goes_to_the_nearest_and_halves_to_even(float value, float expected) =>
        Assert.Equal(expected, Positions.RoundToBFloat16(value));

    [Fact]
    public void Coarse_time_leaves_rows_and_columns_exact()
    {
        VideoLatentShape shape = new(1, 3, 40, 60);
        LatentState exact = InitialStates.CreateVideo(shape, 24, []);
        LatentState coarse = InitialStates.CreateVideo(shape, 24, [], precision: TimePrecision.BFloat16);
        int perAxis = shape.TokenCount * 2;
        Assert.Equal(exact.Positions[perAxis..].ToArray(), coarse.Positions[perAxis..].ToArray());
        Assert.NotEqual(exact.Positions[..perAxis].ToArray(), coarse.Positions[..perAxis].ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-24)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Impossible_frame_rates_are_refused(double framesPerSecond) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => InitialStates.CreateVideo(new VideoLatentShape(1, 1, 1, 1), framesPerSecond, []));

    private static float Middle(LatentState state, int axis, int token)
    {
        int index = ((axis * state.TokenCount) + token) * 2;
        return (state.Positions[index] + state.Positions[index + 1]) / 2;
    }
}
