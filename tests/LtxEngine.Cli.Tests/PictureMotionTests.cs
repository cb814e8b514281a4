using LtxEngine.Cli.Measurement;

namespace LtxEngine.Cli.Tests;

/// <summary>Known movements of a made picture are found again.</summary>
public sealed class PictureMotionTests
{
    private const int Width = 160;
    private const int Height = 96;

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(2, 0, 0)]
    [InlineData(-1.5, 0, 0)]
    [InlineData(0, 3.25, 0)]
    [InlineData(0.5, -0.75, 0)]
    [InlineData(0, 0, 0.02)]
    [InlineData(0, 0, -0.015)]
    [InlineData(1, -1, 0.01)]
    public void A_movement_is_found_to_a_fraction_of_a_pixel(double right, double down, double growth)
    {
        PictureMotion found = PictureMotion.Between(Grey(Scene(0, 0, 0)), Grey(Scene(right, down, growth)));

        Assert.Equal(100 * right / Width, found.Right, 100 * 0.1 / Width);
        Assert.Equal(100 * down / Height, found.Down, 100 * 0.1 / Height);
        Assert.Equal(100 * growth, found.Growth, 0.1);
    }

    [Fact]
    public void An_object_that_moves_alone_does_not_count()
    {
        byte[] first = Scene(0, 0, 0);
        byte[] second = Scene(1, 0, 0);
        Paint(first, 40);
        Paint(second, 37);
        PictureMotion found = PictureMotion.Between(Grey(first), Grey(second));

        Assert.Equal(100.0 / Width, found.Right, 100 * 0.1 / Width);

        static void Paint(byte[] pixels, int left)
        {
            for (int y = 30; y < 62; y++)
            {
                for (int x = left; x < left + 32; x++)
                {
                    pixels.AsSpan(((y * Width) + x) * 3, 3).Fill((byte)(((x - left) * 37 + (y * 91)) % 256));
                }
            }
        }
    }

    [Fact]
    public async Task The_movement_of_a_clip_is_the_sum_over_its_frames()
    {
        PictureMotion motion = await PictureMotion.OfClipAsync(Clip());

        Assert.Equal(100.0 * 20 / Width, motion.Right, 100 * 0.1 / Width);
        Assert.Equal(0, motion.Down, 100 * 0.1 / Height);

        static async IAsyncEnumerable<VideoFrame> Clip()
        {
            for (int i = 0; i <= 10; i++)
            {
                await Task.Yield();
                yield return new VideoFrame(i, Width, Height, Scene(2 * i, 0, 0), TimeSpan.FromSeconds(i));
            }
        }
    }

    [Fact]
    public void A_picture_without_structure_does_not_move()
    {
        byte[] flat = new byte[Width * Height * 3];
        Assert.Equal(default, PictureMotion.Between(Grey(flat), Grey(flat)));
    }

    [Fact]
    public void A_large_picture_is_made_smaller()
    {
        GreyPicture picture = GreyPicture.FromRgb(Scene(0, 0, 0), Width, Height, 40);
        Assert.Equal((40, 24), (picture.Width, picture.Height));
    }

    private static GreyPicture Grey(byte[] pixels) => GreyPicture.FromRgb(pixels, Width, Height, 192);

    /// <summary>Waves of several lengths and directions, moved by pixels and grown about the middle.</summary>
    private static byte[] Scene(double right, double down, double growth)
    {
        byte[] pixels = new byte[Width * Height * 3];
        for (int row = 0; row < Height; row++)
        {
            for (int column = 0; column < Width; column++)
            {
                double x = (column - (Width / 2.0) - right) / (1 + growth);
                double y = (row - (Height / 2.0) - down) / (1 + growth);
                double wave = Math.Sin((0.35 * x) + (0.11 * y)) + Math.Sin((0.23 * y) - (0.07 * x)) + Math.Sin(0.017 * x * y / 8) + Math.Cos((0.19 * x) + (0.31 * y));
                pixels.AsSpan(((row * Width) + column) * 3, 3).Fill((byte)Math.Round(127.5 + (30 * wave)));
            }
        }

        return pixels;
    }
}
