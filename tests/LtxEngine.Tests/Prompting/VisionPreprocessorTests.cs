using LtxEngine.Media.Images;
using LtxEngine.Prompting;
using LtxEngine.Tensors;

namespace LtxEngine.Tests.Prompting;

public sealed class VisionPreprocessorTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4000)]
    [InlineData(4000, 1)]
    [InlineData(31, 17)]
    public void Any_size_becomes_a_square_and_one_colour_stays_itself(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (0, 51, 255);
        }

        HostTensor result = VisionPreprocessor.Prepare(new RgbImage(width, height, pixels), 28);

        Assert.Equal(new TensorShape(3, 28, 28), result.Shape);
        Assert.All(result.Data[..784], v => Assert.Equal(-1f, v));
        Assert.All(result.Data[784..1568], v => Assert.Equal(-0.6f, v, 1e-6f));
        Assert.All(result.Data[1568..], v => Assert.Equal(1f, v));
    }

    [Fact]
    public void A_picture_of_the_right_size_is_only_scaled()
    {
        byte[] pixels = [.. Enumerable.Range(0, 4 * 4 * 3).Select(i => (byte)(i * 5))];
        HostTensor result = VisionPreprocessor.Prepare(new RgbImage(4, 4, pixels), 4);
        for (int i = 0; i < 16; i++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                Assert.Equal((pixels[(3 * i) + channel] / 127.5f) - 1, result.Data[(16 * channel) + i], 1e-6f);
            }
        }
    }

    [Fact]
    public void Shrinking_averages_what_a_pixel_covers()
    {
        // r = 2: each target has the taps 1/8 3/8 3/8 1/8, at the edges 3/7 3/7 1/7.
        byte[] row = [0, 0, 80, 160, 240, 240];
        RgbImage result = AntialiasedResizer.Resize(Grey(row), 3, 1);
        double[] expected = [80 / 7.0, (0 + (3 * 80) + (3 * 160) + 240) / 8.0, ((1 * 160) + (3 * 240) + (3 * 240)) / 7.0];
        Assert.Equal(expected.Select(v => (byte)(v + 0.5)), Enumerable.Range(0, 3).Select(i => result.Pixels.Span[3 * i]));
    }

    [Fact]
    public void Enlarging_interpolates_between_centres()
    {
        RgbImage result = AntialiasedResizer.Resize(Grey([0, 100]), 4, 1);
        Assert.Equal([0, 25, 75, 100], Enumerable.Range(0, 4).Select(i => (int)result.Pixels.Span[3 * i]));
    }

    private static RgbImage Grey(byte[] row) => new(row.Length, 1, row.SelectMany(v => (byte[])[v, v, v]).ToArray());
}
