using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class ImageFormatTests
{
    private static readonly RgbImage Smooth = TestPictures.Smooth(41, 23);
    private static readonly RgbImage Colours = TestPictures.EightColours(41, 23);

    [Fact]
    public void Png_is_exact() => TestPictures.AssertEqual(Smooth, TestPictures.Decode(TestPictures.Png(Smooth)));

    [Fact]
    public void Bmp_is_exact() => TestPictures.AssertEqual(Smooth, TestPictures.Decode(TestPictures.Bmp(Smooth)));

    [Fact]
    public void Tiff_is_exact() => TestPictures.AssertEqual(Smooth, TestPictures.Decode(TestPictures.Tiff(Smooth)));

    [Fact]
    public void Lossless_webp_is_exact() => TestPictures.AssertEqual(Smooth, TestPictures.Decode(TestPictures.WebP(Smooth, lossless: true)));

    [Fact]
    public void Gif_gives_the_palette_colours() => TestPictures.AssertEqual(Colours, TestPictures.Decode(TestPictures.Gif(Colours)));

    [Fact]
    public void Gif_gives_its_first_frame()
    {
        byte[] twoFrames = TestPictures.Encode(
            "rgb24",
            Colours.Width,
            Colours.Height,
            Colours.Pixels,
            "-filter_complex",
            "split=3[a][b][c];[c]negate[n];[a]palettegen[p];[b][n]concat=n=2:v=1[v];[v][p]paletteuse=dither=none",
            "-frames:v",
            "2",
            "-f",
            "gif");
        TestPictures.AssertEqual(Colours, TestPictures.Decode(twoFrames));
    }

    [Fact]
    public void Jpeg_is_close() => Assert.InRange(TestPictures.Difference(TestPictures.Decode(TestPictures.Jpeg(Smooth)), Smooth), 0, 3);

    [Fact]
    public void Lossy_webp_is_close() =>
        Assert.InRange(TestPictures.Difference(TestPictures.Decode(TestPictures.WebP(Smooth, lossless: false)), Smooth), 0, 6);

    [Fact]
    public void Avif_is_close() => Assert.InRange(TestPictures.Difference(TestPictures.Decode(TestPictures.Avif(Smooth)), Smooth), 0, 3);

    [Theory]
    [InlineData("gray", 1)]
    [InlineData("ya8", 2)]
    public void Grey_is_replicated_and_its_alpha_dropped(string format, int samplesPerPixel)
    {
        byte[] samples = new byte[256 * samplesPerPixel];
        for (int i = 0; i < 256; i++)
        {
            samples[i * samplesPerPixel] = (byte)i;
        }

        RgbImage image = TestPictures.Decode(TestPictures.Encode(format, 32, 8, samples, "-c:v", "png", "-f", "image2"));
        Assert.Equal([.. Enumerable.Range(0, 256).SelectMany(i => new[] { (byte)i, (byte)i, (byte)i })], image.Pixels.ToArray());
    }

    [Fact]
    public void Black_and_white_become_0_and_255()
    {
        RgbImage image = TestPictures.Decode(TestPictures.Encode("monob", 8, 1, new byte[] { 0b1010_0001 }, "-c:v", "png", "-f", "image2"));
        byte[] expected = [.. new[] { 255, 0, 255, 0, 0, 0, 0, 255 }.SelectMany(v => new[] { (byte)v, (byte)v, (byte)v })];
        Assert.Equal(expected, image.Pixels.ToArray());
    }

    [Fact]
    public void Alpha_is_dropped_not_composited()
    {
        byte[] samples = [10, 20, 30, 0, 200, 100, 50, 128, 1, 2, 3, 255, 255, 254, 253, 1];
        RgbImage image = TestPictures.Decode(TestPictures.Encode("rgba", 4, 1, samples, "-c:v", "png", "-f", "image2"));
        Assert.Equal(new byte[] { 10, 20, 30, 200, 100, 50, 1, 2, 3, 255, 254, 253 }, image.Pixels.ToArray());
    }

    [Fact]
    public void Palette_png_is_exact()
    {
        byte[] png = TestPictures.Encode(Colours, "-filter_complex", "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none", "-c:v", "png", "-pix_fmt", "pal8", "-f", "image2");
        Assert.Equal(3, png[25]);
        TestPictures.AssertEqual(Colours, TestPictures.Decode(png));
    }

    [Theory]
    [InlineData("rgb48be", "png")]
    [InlineData("rgba64be", "png")]
    [InlineData("gray16be", "png")]
    [InlineData("ya16be", "png")]
    [InlineData("rgb48le", "tiff")]
    public void Sixteen_bits_are_cut_to_the_high_byte(string format, string codec)
    {
        int samplesPerPixel = format.StartsWith("rgba", StringComparison.Ordinal) ? 4 : format.StartsWith("rgb", StringComparison.Ordinal) ? 3 : format.StartsWith("ya", StringComparison.Ordinal) ? 2 : 1;
        bool littleEndian = format.EndsWith("le", StringComparison.Ordinal);
        const int Pixels = 256;
        byte[] samples = new byte[Pixels * samplesPerPixel * 2];
        byte[] expected = new byte[Pixels * 3];
        for (int pixel = 0; pixel < Pixels; pixel++)
        {
            for (int channel = 0; channel < samplesPerPixel; channel++)
            {
                // A low byte of 255 would round up: only cutting gives the high byte.
                int at = 2 * ((pixel * samplesPerPixel) + channel);
                samples[littleEndian ? at + 1 : at] = (byte)(pixel + (channel * 50));
                samples[littleEndian ? at : at + 1] = 0xFF;
            }

            for (int channel = 0; channel < 3; channel++)
            {
                expected[(pixel * 3) + channel] = (byte)(pixel + (samplesPerPixel >= 3 ? channel * 50 : 0));
            }
        }

        RgbImage image = TestPictures.Decode(TestPictures.Encode(format, 32, 8, samples, "-c:v", codec, "-pix_fmt", format, "-f", "image2"));
        Assert.Equal(expected, image.Pixels.ToArray());
    }

    [Theory]
    [InlineData(255)]
    [InlineData(128)]
    public void Cmyk_jpeg_becomes_rgb(int black)
    {
        // Adobe stores CMYK inverted, so the stored values multiply: red = C' · K' / 255.
        RgbImage image = TestPictures.Decode(CmykJpeg.Create(200, 100, 50, (byte)black));
        Assert.Equal((8, 8), (image.Width, image.Height));
        for (int pixel = 0; pixel < 64; pixel++)
        {
            ReadOnlySpan<byte> rgb = image.Pixels.Span.Slice(pixel * 3, 3);
            Assert.InRange(rgb[0], (200 * black / 255) - 2, (200 * black / 255) + 2);
            Assert.InRange(rgb[1], (100 * black / 255) - 2, (100 * black / 255) + 2);
            Assert.InRange(rgb[2], (50 * black / 255) - 2, (50 * black / 255) + 2);
        }
    }

    [Fact]
    public void One_pixel_decodes_in_every_format()
    {
        RgbImage dot = new(1, 1, new byte[] { 200, 100, 50 });
        foreach (byte[] file in new[] { TestPictures.Png(dot), TestPictures.Bmp(dot), TestPictures.Tiff(dot), TestPictures.WebP(dot, lossless: true) })
        {
            TestPictures.AssertEqual(dot, TestPictures.Decode(file));
        }

        Assert.InRange(TestPictures.Difference(TestPictures.Decode(TestPictures.Jpeg(dot)), dot), 0, 4);
    }
}
