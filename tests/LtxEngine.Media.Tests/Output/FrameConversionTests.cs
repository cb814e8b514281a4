using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class FrameConversionTests
{
    [Fact]
    public void Floats_are_clamped_and_truncated()
    {
        byte[] rgb = new byte[9];
        FrameConversion.ToRgb24([-1f, 0f, 1f], [-5f, 0.999f, 7f], [float.NaN, -0.999f, float.NegativeInfinity], rgb);
        Assert.Equal(new byte[] { 0, 0, 0, 127, 254, 0, 255, 255, 0 }, rgb);
    }

    [Fact]
    public void Lengths_must_agree() => Assert.Throws<ArgumentException>(() => FrameConversion.ToRgb24([0f], [0f, 0f], [0f], new byte[3]));
}
