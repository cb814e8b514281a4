using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

/// <summary>Files as users really give them, by name: each becomes a picture of the stated size or an error of the stated kind.</summary>
public sealed class OddImageTests
{
    private static readonly RgbImage Picture = TestPictures.Smooth(40, 24);

    [Theory]
    [InlineData("missing.png", MediaErrorKind.Unreadable)]
    [InlineData("a-folder.png", MediaErrorKind.Unreadable)]
    [InlineData("empty.png", MediaErrorKind.Unreadable)]
    [InlineData("text.png", MediaErrorKind.UnsupportedFormat)]
    [InlineData("drawing.svg", MediaErrorKind.UnsupportedFormat)]
    [InlineData("drawing-compressed.svgz", MediaErrorKind.UnsupportedFormat)]
    [InlineData("page.html", MediaErrorKind.UnsupportedFormat)]
    [InlineData("page.pdf", MediaErrorKind.UnsupportedFormat)]
    [InlineData("playlist.m3u8", MediaErrorKind.UnsupportedFormat)]
    [InlineData("photo.heic", MediaErrorKind.UnsupportedFormat)]
    [InlineData("clip.mp4", MediaErrorKind.UnsupportedFormat)]
    [InlineData("archive.zip", MediaErrorKind.UnsupportedFormat)]
    [InlineData("icon.ico", MediaErrorKind.UnsupportedFormat)]
    [InlineData("layers.psd", MediaErrorKind.UnsupportedFormat)]
    [InlineData("zeros.jpg", MediaErrorKind.UnsupportedFormat)]
    [InlineData("signature-only.png", MediaErrorKind.Corrupt)]
    [InlineData("header-only.jpg", MediaErrorKind.Corrupt)]
    [InlineData("truncated.png", MediaErrorKind.Corrupt)]
    [InlineData("truncated.jpg", MediaErrorKind.Corrupt)]
    [InlineData("truncated.webp", MediaErrorKind.Corrupt)]
    [InlineData("truncated.gif", MediaErrorKind.Corrupt)]
    [InlineData("no-pixels.png", MediaErrorKind.Corrupt)]
    [InlineData("size-zero.png", MediaErrorKind.Corrupt)]
    [InlineData("size-65535.png", MediaErrorKind.TooLarge)]
    [InlineData("size-65535.jpg", MediaErrorKind.TooLarge)]
    [InlineData("animated.webp", MediaErrorKind.UnsupportedFormat)]
    public async Task It_is_refused_with_a_clear_error(string name, MediaErrorKind expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.File(name);
        if (name == "a-folder.png")
        {
            Directory.CreateDirectory(path);
        }
        else if (name != "missing.png")
        {
            await File.WriteAllBytesAsync(path, Content(name));
        }

        MediaException exception = await Assert.ThrowsAsync<MediaException>(
            () => new ImageDecoder(TestPictures.Ffmpeg).DecodeAsync(ImageSource.FromFile(path), CancellationToken.None));
        Assert.Equal(expected, exception.Kind);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain.png", 40, 24)]
    [InlineData("jpeg-called.png", 40, 24)]
    [InlineData("png-called.jpg", 40, 24)]
    [InlineData("webp-called.gif", 40, 24)]
    [InlineData("no-ending", 40, 24)]
    [InlineData("animated.png", 40, 24)]
    [InlineData("animated.gif", 40, 24)]
    [InlineData("sixteen-bit.png", 40, 24)]
    [InlineData("grey.png", 40, 24)]
    [InlineData("alpha.png", 40, 24)]
    [InlineData("grey.jpg", 40, 24)]
    [InlineData("cmyk.jpg", 8, 8)]
    [InlineData("exif-rotated.jpg", 24, 40)]
    [InlineData("one-pixel.png", 1, 1)]
    [InlineData("one-by-ten-thousand.png", 1, 10_000)]
    [InlineData("ten-thousand-by-one.png", 10_000, 1)]
    [InlineData("one-by-ten-thousand.jpg", 1, 10_000)]
    [InlineData("bytes-after-the-end.png", 40, 24)]
    [InlineData("bytes-after-the-end.jpg", 40, 24)]
    public async Task It_becomes_a_picture(string name, int width, int height)
    {
        using TemporaryFolder folder = new();
        string path = folder.File(name);
        await File.WriteAllBytesAsync(path, Content(name));
        RgbImage image = await new ImageDecoder(TestPictures.Ffmpeg).DecodeAsync(ImageSource.FromFile(path), CancellationToken.None);
        Assert.Equal((width, height), (image.Width, image.Height));
        if ((width, height) == (Picture.Width, Picture.Height) && !name.Contains("grey", StringComparison.Ordinal))
        {
            // The GIF's palette of 256 colours is the coarsest; a wrong frame or wrong channels differ by far more.
            Assert.InRange(TestPictures.Difference(image, Picture), 0, name == "animated.gif" ? 12 : 3);
        }
    }

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(10_000, 1)]
    [InlineData(1, 1)]
    public void Extreme_shapes_are_cropped_to_any_size(int width, int height)
    {
        float[] planes = ImagePreprocessor.ResizeAndCrop(TestPictures.Smooth(width, height), 64, 32);
        Assert.Equal(3 * 64 * 32, planes.Length);
        Assert.All(planes, value => Assert.InRange(value, -1f, 1f));
    }

    private static byte[] Content(string name) => name switch
    {
        "empty.png" => [],
        "text.png" => "This is no picture."u8.ToArray(),
        "drawing.svg" => "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"u8.ToArray(),
        "drawing-compressed.svgz" => Gzip("<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "page.html" => "<!doctype html><img src='file:///etc/passwd'>"u8.ToArray(),
        "page.pdf" => "%PDF-1.7\n%\u00e2\n1 0 obj\n"u8.ToArray(),
        "playlist.m3u8" => "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"u8.ToArray(),
        "photo.heic" => [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1heic"u8],
        "clip.mp4" => [0, 0, 0, 24, .. "ftypisom"u8, 0, 0, 2, 0, .. "isommp41"u8],
        "archive.zip" => [.. "PK"u8, 3, 4, .. new byte[30]],
        "icon.ico" => [0, 0, 1, 0, 1, 0, 16, 16, .. new byte[40]],
        "layers.psd" => [.. "8BPS"u8, 0, 1, .. new byte[40]],
        "zeros.jpg" => new byte[1000],
        "signature-only.png" => TestPictures.Png(Picture)[..8],
        "header-only.jpg" => TestPictures.Jpeg(Picture)[..20],
        "truncated.png" => FirstHalf(TestPictures.Png(Picture)),
        "truncated.jpg" => FirstHalf(TestPictures.Jpeg(Picture)),
        "truncated.webp" => FirstHalf(TestPictures.WebP(Picture, lossless: true)),
        "truncated.gif" => FirstHalf(TestPictures.Gif(Picture)),
        "no-pixels.png" => [.. TestPictures.Png(Picture)[..33], 0, 0, 0, 0, .. "IEND"u8, 0xAE, 0x42, 0x60, 0x82],
        "size-zero.png" => WithPngSize(0, 24),
        "size-65535.png" => WithPngSize(65535, 65535),
        "size-65535.jpg" => WithJpegSize(),
        "animated.webp" => TestPictures.Encode(
            Picture, "-filter_complex", "split[a][b];[b]negate[n];[a][n]concat=n=2:v=1", "-frames:v", "2", "-c:v", "libwebp_anim", "-lossless", "1", "-f", "webp"),
        "animated.png" => TestPictures.Encode(
            Picture, "-filter_complex", "split[a][b];[b]negate[n];[a][n]concat=n=2:v=1", "-frames:v", "2", "-c:v", "apng", "-f", "apng"),
        "animated.gif" => TestPictures.Encode(
            Picture, "-filter_complex", "split=3[a][b][c];[c]negate[n];[a]palettegen[p];[b][n]concat=n=2:v=1[v];[v][p]paletteuse", "-frames:v", "2", "-f", "gif"),
        "plain.png" or "png-called.jpg" or "no-ending" => TestPictures.Png(Picture),
        "jpeg-called.png" => TestPictures.Jpeg(Picture),
        "webp-called.gif" => TestPictures.WebP(Picture, lossless: true),
        "sixteen-bit.png" => TestPictures.Encode(Picture, "-c:v", "png", "-pix_fmt", "rgb48be", "-f", "image2"),
        "grey.png" => TestPictures.Encode(Picture, "-c:v", "png", "-pix_fmt", "gray", "-f", "image2"),
        "alpha.png" => TestPictures.Encode(Picture, "-c:v", "png", "-pix_fmt", "rgba", "-f", "image2"),
        "grey.jpg" => TestPictures.Encode(Picture, "-c:v", "mjpeg", "-pix_fmt", "gray", "-color_range", "pc", "-q:v", "2", "-f", "image2"),
        "cmyk.jpg" => CmykJpeg.Create(200, 100, 50, 255),
        "exif-rotated.jpg" => OrientationTests.WithJpegExif(TestPictures.Jpeg(Picture), orientation: 6, bigEndian: true),
        "one-pixel.png" => TestPictures.Png(TestPictures.Smooth(1, 1)),
        "one-by-ten-thousand.png" => TestPictures.Png(TestPictures.Smooth(1, 10_000)),
        "ten-thousand-by-one.png" => TestPictures.Png(TestPictures.Smooth(10_000, 1)),
        "one-by-ten-thousand.jpg" => TestPictures.Jpeg(TestPictures.Smooth(1, 10_000)),
        "bytes-after-the-end.png" => [.. TestPictures.Png(Picture), .. "something else"u8],
        "bytes-after-the-end.jpg" => [.. TestPictures.Jpeg(Picture), .. "something else"u8],
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such file."),
    };

    private static byte[] FirstHalf(byte[] file) => file[..(file.Length / 2)];

    private static byte[] WithPngSize(int width, int height)
    {
        byte[] png = TestPictures.Png(Picture);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        return png;
    }

    private static byte[] WithJpegSize()
    {
        byte[] jpeg = TestPictures.Jpeg(Picture);
        int frameHeader = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        jpeg.AsSpan(frameHeader + 5, 4).Fill(0xFF);
        return jpeg;
    }

    private static byte[] Gzip(string text)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }
}
