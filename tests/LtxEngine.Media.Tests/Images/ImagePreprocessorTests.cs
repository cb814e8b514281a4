using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class ImagePreprocessorTests
{
    [Fact]
    public void Covering_never_leaves_the_picture()
    {
        Gen<int> side = Gen.Choose(1, 5000);
        Gen<int[]> sides = Gen.ArrayOf(side, 4);
        Prop.ForAll(sides.ToArbitrary(), s =>
        {
            ResizeGeometry geometry = ResizeGeometry.Cover(s[0], s[1], s[2], s[3]);
            return geometry.CropLeft >= 0 && geometry.CropTop >= 0
                && geometry.CropLeft + s[2] <= geometry.ResizedWidth && geometry.CropTop + s[3] <= geometry.ResizedHeight;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Same_size_maps_bytes_to_minus_one_and_one()
    {
        RgbImage image = new(2, 1, new byte[] { 0, 255, 51, 255, 0, 102 });
        float[] values = ImagePreprocessor.ResizeAndCrop(image, 2, 1);
        Assert.Equal([-1f, 1f, 1f, -1f, (51 / 127.5f) - 1f, (102 / 127.5f) - 1f], values);
    }

    [Fact]
    public void Resizing_agrees_with_a_plain_double_implementation()
    {
        RgbImage image = TestPictures.Smooth(37, 53);
        foreach ((int width, int height) in new[] { (64, 32), (32, 96), (17, 19), (1, 1), (128, 128) })
        {
            float[] actual = ImagePreprocessor.ResizeAndCrop(image, width, height);
            float[] expected = Reference(image, width, height);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], actual[i], 1e-4f);
            }
        }
    }

    [Fact]
    public async Task Compression_cuts_odd_sides_and_can_be_switched_off()
    {
        RgbImage image = TestPictures.Smooth(33, 21);
        CrfRoundTrip roundTrip = new(TestPictures.Ffmpeg);
        Assert.Same(image, await roundTrip.ApplyAsync(image, 0, 1, CancellationToken.None));
        RgbImage compressed = await roundTrip.ApplyAsync(image, CrfRoundTrip.DefaultCrf, 1, CancellationToken.None);
        Assert.Equal((32, 20), (compressed.Width, compressed.Height));
        RgbImage again = await roundTrip.ApplyAsync(image, CrfRoundTrip.DefaultCrf, 1, CancellationToken.None);
        TestPictures.AssertEqual(compressed, again);
        RgbImage dot = new(1, 1, new byte[3]);
        Assert.Same(dot, await roundTrip.ApplyAsync(dot, CrfRoundTrip.DefaultCrf, 1, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => roundTrip.ApplyAsync(image, 52, 1, CancellationToken.None));
    }

    [Fact]
    public async Task The_smallest_pictures_survive_compression()
    {
        CrfRoundTrip roundTrip = new(TestPictures.Ffmpeg);
        RgbImage compressed = await roundTrip.ApplyAsync(TestPictures.Smooth(2, 3), CrfRoundTrip.DefaultCrf, 1, CancellationToken.None);
        Assert.Equal((2, 2), (compressed.Width, compressed.Height));
    }

    [Theory]
    [InlineData(143, 8, 2)]
    [InlineData(192, 2, 2)]
    [InlineData(192, 8, 3)]
    [InlineData(16, 8, 1)]
    public void The_original_chooses_slices_by_height_and_cores(int height, int cores, int expected) =>
        Assert.Equal(expected, CrfRoundTrip.OriginalSlices(height, cores));

    private static float[] Reference(RgbImage image, int width, int height)
    {
        double scale = Math.Max((double)height / image.Height, (double)width / image.Width);
        int newHeight = (int)Math.Ceiling(image.Height * scale);
        int newWidth = (int)Math.Ceiling(image.Width * scale);
        float[] result = new float[3 * width * height];
        for (int c = 0; c < 3; c++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    double row = Math.Max(0, (((y + ((newHeight - height) / 2)) + 0.5) * image.Height / newHeight) - 0.5);
                    double column = Math.Max(0, (((x + ((newWidth - width) / 2)) + 0.5) * image.Width / newWidth) - 0.5);
                    double value = 0;
                    for (int dy = 0; dy < 2; dy++)
                    {
                        for (int dx = 0; dx < 2; dx++)
                        {
                            int r = Math.Min((int)row + dy, image.Height - 1);
                            int k = Math.Min((int)column + dx, image.Width - 1);
                            double weight = (dy == 0 ? 1 - (row - (int)row) : row - (int)row) * (dx == 0 ? 1 - (column - (int)column) : column - (int)column);
                            value += weight * image.Pixels.Span[3 * ((r * image.Width) + k) + c];
                        }
                    }

                    result[(((c * height) + y) * width) + x] = (float)((value / 127.5) - 1);
                }
            }
        }

        return result;
    }
}
