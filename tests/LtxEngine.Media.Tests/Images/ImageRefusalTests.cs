using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class ImageRefusalTests
{
    private static readonly RgbImage Picture = TestPictures.Smooth(64, 48);

    public static TheoryData<string> Formats() => ["png", "jpeg", "webp", "webp-lossy", "avif", "bmp", "tiff", "gif"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_file_that_ends_early_is_refused(string format)
    {
        byte[] file = Make(format);
        foreach (int length in new[] { file.Length / 2, file.Length * 9 / 10, 30 })
        {
            MediaException exception = Assert.Throws<MediaException>(() => TestPictures.Decode(file[..length]));
            Assert.Equal(MediaErrorKind.Corrupt, exception.Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Damaged_headers_never_give_another_exception(string format)
    {
        byte[] file = Make(format);
        Arbitrary<(int, byte)> damage = Gen.Choose(0, Math.Min(file.Length, 600) - 1)
            .SelectMany(at => Gen.Choose(0, 255).Select(value => (at, (byte)value))).ToArbitrary();
        Prop.ForAll(damage, change =>
        {
            byte[] damaged = [.. file];
            damaged[change.Item1] = change.Item2;
            try
            {
                ImageHeader header = ImageHeaderReader.Read(damaged, "the damaged image");
                return header.Width > 0 && header.Height > 0;
            }
            catch (MediaException exception)
            {
                return exception.Kind is MediaErrorKind.Corrupt or MediaErrorKind.UnsupportedFormat;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Huge_sizes_are_refused_before_anything_is_decoded()
    {
        // With a decoder that does not exist, only a refusal before decoding can give this error.
        ImageDecoder decoder = new(new FfmpegTool(new FfmpegOptions { FfmpegPath = Path.Combine(Path.GetTempPath(), "no-such-program") }));
        foreach (byte[] file in new[] { HugePng(), HugeJpeg(), HugeBmp(), HugeGif(), HugeTiff(), HugeWebP() })
        {
            MediaException exception = Assert.Throws<MediaException>(
                () => decoder.DecodeAsync(ImageSource.FromBytes(file), CancellationToken.None).GetAwaiter().GetResult());
            Assert.Equal(MediaErrorKind.TooLarge, exception.Kind);
            Assert.Contains("ImageDecodingOptions.Max", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Limits_can_be_set()
    {
        byte[] file = TestPictures.Png(Picture);
        Assert.Equal(MediaErrorKind.TooLarge, Refusal(new ImageDecodingOptions { MaxSide = 63 }));
        Assert.Equal(MediaErrorKind.TooLarge, Refusal(new ImageDecodingOptions { MaxPixels = (64 * 48) - 1 }));
        Assert.Equal(MediaErrorKind.TooLarge, Refusal(new ImageDecodingOptions { MaxEncodedBytes = file.Length - 1 }));
        ImageDecodingOptions exact = new() { MaxSide = 64, MaxPixels = 64 * 48, MaxEncodedBytes = file.Length };
        TestPictures.AssertEqual(Picture, TestPictures.Decode(file, exact));

        MediaErrorKind Refusal(ImageDecodingOptions options) => Assert.Throws<MediaException>(() => TestPictures.Decode(file, options)).Kind;
    }

    [Fact]
    public void Limits_bind_ready_pixels_too()
    {
        ImageDecoder decoder = new(TestPictures.Ffmpeg, new ImageDecodingOptions { MaxSide = 3 });
        ImageSource source = ImageSource.FromPixels(new byte[4 * 3], 4, 1);
        MediaException exception = Assert.Throws<MediaException>(() => decoder.DecodeAsync(source, CancellationToken.None).GetAwaiter().GetResult());
        Assert.Equal(MediaErrorKind.TooLarge, exception.Kind);
    }

    [Fact]
    public void Other_content_is_refused_by_name()
    {
        Assert.Equal(MediaErrorKind.UnsupportedFormat, KindOf("This is a text file, no image at all."u8.ToArray()));
        Assert.Equal(MediaErrorKind.UnsupportedFormat, KindOf("#EXTM3U\nfile:///etc/passwd\n"u8.ToArray()));
        Assert.Equal(MediaErrorKind.UnsupportedFormat, KindOf([0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1heic"u8]));
        Assert.Equal(MediaErrorKind.UnsupportedFormat, KindOf("<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray()));
        Assert.Equal(MediaErrorKind.UnsupportedFormat, KindOf([0x42]));
        Assert.Equal(MediaErrorKind.Unreadable, KindOf([]));
    }

    [Fact]
    public void Animated_webp_is_refused_with_the_reason()
    {
        byte[] file = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 9, 0, 0];
        MediaException exception = Assert.Throws<MediaException>(() => TestPictures.Decode(file));
        Assert.Equal(MediaErrorKind.UnsupportedFormat, exception.Kind);
        Assert.Contains("animated", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_read_are_named()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(MediaErrorKind.Unreadable, KindOfFile(folder.Path));
        Assert.Equal(MediaErrorKind.Unreadable, KindOfFile(folder.File("missing.png")));
        File.WriteAllBytes(folder.File("empty.png"), []);
        Assert.Equal(MediaErrorKind.Unreadable, KindOfFile(folder.File("empty.png")));

        static MediaErrorKind KindOfFile(string path)
        {
            MediaException exception = Assert.Throws<MediaException>(
                () => new ImageDecoder(TestPictures.Ffmpeg).DecodeAsync(ImageSource.FromFile(path), CancellationToken.None).GetAwaiter().GetResult());
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            return exception.Kind;
        }
    }

    [Fact]
    public void A_size_that_lies_is_refused()
    {
        // ffmpeg decodes what is really there; the header's promise must hold.
        byte[] file = TestPictures.Bmp(Picture);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), 24);
        RgbImage image = TestPictures.Decode(file);
        Assert.Equal(24, image.Height);
        byte[] jpeg = TestPictures.Jpeg(Picture);
        MediaException exception = Assert.Throws<MediaException>(() => TestPictures.Decode([.. jpeg[..2], .. FakeFrameHeader(), .. jpeg[2..]]));
        Assert.Contains(exception.Kind, new[] { MediaErrorKind.Corrupt, MediaErrorKind.TooLarge });
    }

    private static byte[] FakeFrameHeader() => [0xFF, 0xC0, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0];

    private static MediaErrorKind KindOf(byte[] file) => Assert.Throws<MediaException>(() => TestPictures.Decode(file)).Kind;

    private static byte[] Make(string format) => format switch
    {
        "png" => TestPictures.Png(Picture),
        "jpeg" => TestPictures.Jpeg(Picture),
        "webp" => TestPictures.WebP(Picture, lossless: true),
        "webp-lossy" => TestPictures.WebP(Picture, lossless: false),
        "avif" => TestPictures.Avif(Picture),
        "bmp" => TestPictures.Bmp(Picture),
        "tiff" => TestPictures.Tiff(Picture),
        _ => TestPictures.Gif(Picture),
    };

    private static byte[] HugePng() =>
    [
        0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 8, 2, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, .. "IEND"u8, 0xAE, 0x42, 0x60, 0x82,
    ];

    private static byte[] HugeJpeg() => [0xFF, 0xD8, .. FakeFrameHeader(), 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0xFF, 0xD9];

    private static byte[] HugeBmp()
    {
        byte[] file = TestPictures.Bmp(Picture);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), 65536);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), -65536);
        return file;
    }

    private static byte[] HugeGif() => [.. "GIF89a"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0];

    private static byte[] HugeTiff() => [.. "II*\0"u8, 8, 0, 0, 0, 2, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0];

    private static byte[] HugeWebP() => [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0];
}
