using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class ImageSourceTests
{
    private static readonly RgbImage Picture = TestPictures.Smooth(9, 7);

    [Fact]
    public async Task All_sources_give_the_same_pixels()
    {
        using TemporaryFolder folder = new();
        byte[] file = TestPictures.Png(Picture);
        string path = folder.File("name with: %d space.png");
        await File.WriteAllBytesAsync(path, file);
        using MemoryStream stream = new(file);
        ImageSource fromStream = ImageSource.FromStream(stream);
        ImageDecoder decoder = new(TestPictures.Ffmpeg);
        foreach (ImageSource source in new[]
        {
            ImageSource.FromFile(path), ImageSource.FromBytes(file), fromStream, fromStream, ImageSource.FromPixels(Picture.Pixels, 9, 7),
        })
        {
            TestPictures.AssertEqual(Picture, await decoder.DecodeAsync(source, CancellationToken.None));
        }
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.Throws<ArgumentException>(() => ImageSource.FromFile(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageSource.FromPixels(Array.Empty<byte>(), 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageSource.FromPixels(Array.Empty<byte>(), 1, 65536));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ImageSource.FromPixels(new byte[11], 2, 2));
        Assert.Contains("12 bytes, not 11", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_over_the_limit_is_refused_without_reading_on()
    {
        using MemoryStream stream = new(new byte[1 << 20]);
        ImageDecoder decoder = new(TestPictures.Ffmpeg, new ImageDecodingOptions { MaxEncodedBytes = 1000 });
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => decoder.DecodeAsync(ImageSource.FromStream(stream), CancellationToken.None));
        Assert.Equal(MediaErrorKind.TooLarge, exception.Kind);
        Assert.True(stream.Position < 1 << 20);
    }
}
