using LtxEngine.Previews;
using LtxEngine.Tensors;

namespace LtxEngine.Tests.Previews;

public sealed class LatentProjectionTests
{
    private const int Side = LatentProjection.BlockSide;

    /// <summary>Channel 0 is the red of a cell, channel 1 the green of its right half, and the blue is that of the cell above.</summary>
    [Fact]
    public void A_linear_model_is_painted_exactly()
    {
        Random random = new(2);
        LatentProjection projection = LatentProjection.Fit(Enumerable.Range(0, 20).Select(_ => Sample(random, rows: 3, columns: 4)), ridge: 1e-9);
        PreviewSample other = Sample(random, rows: 2, columns: 5);
        float[] tokens = new float[2 * 5 * 2];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = other.Latent.Data[((i % 2) * 10) + (i / 2)];
        }

        byte[] painted = new byte[2 * 5 * Side * Side * 3];
        projection.Paint(tokens, columns: 5, painted);

        int width = 5 * Side;
        for (int i = 0; i < painted.Length; i++)
        {
            // Two pixels of the sample for one of the picture.
            (int x, int y) = (i / 3 % width * 2, i / 3 / width * 2);
            float expected = other.Pixels.Data[(((i % 3 * 2 * 2 * Side) + y) * 2 * width) + x];
            Assert.InRange(painted[i], (int)((expected + 1) * 127.5f) - 1, (int)((expected + 1) * 127.5f) + 1);
        }
    }

    [Fact]
    public void Boxes_of_pixels_are_averaged_after_clamping()
    {
        HostTensor pixels = HostTensor.Zeros(1, 3, 1, 4, 8);
        Array.Fill(pixels.Data, 5f, 0, 32);
        pixels.Data[(1 * 8) + 5] = -1;
        PreviewSample sample = new(HostTensor.Zeros(1, 1, 1, 1, 2), pixels);
        double[] block = new double[2 * 2 * 3];

        sample.WriteBlock(cell: 1, side: 2, block);

        Assert.Equal([0.5, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0], block);
    }

    [Fact]
    public void Made_up_pictures_are_the_same_for_a_seed_and_use_all_colours()
    {
        float[][] first = [.. Pictures(1)];
        Assert.Equal(first, Pictures(1));
        Assert.NotEqual(first[0], Pictures(2).First());
        Assert.All(first, picture => Assert.All(picture, value => Assert.InRange(value, -1f, 1f)));
        foreach (int channel in new[] { 0, 1, 2 })
        {
            float[] values = [.. first.SelectMany(picture => picture.Skip(channel * 64 * 64).Take(64 * 64))];
            Assert.InRange(values.Average(), -0.2f, 0.2f);
            Assert.InRange(Math.Sqrt(values.Average(value => value * value)), 0.4, 0.8);
        }
    }

    private static IEnumerable<float[]> Pictures(long seed)
    {
        SyntheticPictures pictures = new(seed);
        return [.. Enumerable.Range(0, 40).Select(_ => pictures.Next(64))];
    }

    private static PreviewSample Sample(Random random, int rows, int columns)
    {
        HostTensor latent = HostTensor.Zeros(1, 2, 1, rows, columns);
        for (int i = 0; i < latent.Data.Length; i++)
        {
            latent.Data[i] = (float)((2 * random.NextDouble()) - 1);
        }

        int cell = 2 * Side;
        (int height, int width) = (rows * cell, columns * cell);
        HostTensor pixels = HostTensor.Zeros(1, 3, 1, height, width);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int index = (y / cell * columns) + (x / cell);
                int above = (Math.Max(0, (y / cell) - 1) * columns) + (x / cell);
                pixels.Data[(y * width) + x] = latent.Data[index];
                pixels.Data[((height + y) * width) + x] = x % cell >= Side ? latent.Data[(rows * columns) + index] : 0;
                pixels.Data[(((2 * height) + y) * width) + x] = latent.Data[above];
            }
        }

        return new PreviewSample(latent, pixels);
    }
}
