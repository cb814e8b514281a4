using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.VideoVae;

/// <summary>The stream of finished frames with a stand-in for the graph: its pixels, their memory, and their order.</summary>
public sealed class VideoTileStreamTests
{
    [Fact]
    public void Pixels_of_481_frames_at_1280_by_704_take_less_than_two_groups_of_tiles_in_time()
    {
        VideoTiling tiling = VideoTiling.Plan(VideoTilingOptions.Default, latentFrames: 61, latentHeight: 22, latentWidth: 40);
        VideoTileStream stream = new(tiling, 3, (_, _, pixels) => pixels.Span.Fill(0.5f));
        HostTensor latent = HostTensor.Zeros(1, 1, 61, 22, 40);
        long frameBytes = 3L * 704 * 1280 * sizeof(float);
        long group = tiling.Time.Spans.Max(span => span.OutLength) * frameBytes;
        int frames = 0;

        // All that the thread allocates, garbage included: what is held at one time can only be less.
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (VideoChunk chunk in stream.Decode(latent, progress: null))
        {
            Assert.Equal((frames, 1280, 704), (chunk.FirstFrame, chunk.Width, chunk.Height));
            frames += chunk.FrameCount;
            Assert.Equal(0.5f, chunk.Row(2, chunk.FrameCount - 1, 703)[^1], 1e-6f);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(481, frames);
        Assert.Equal(65 * frameBytes, group);

        // One group of 65 frames, one tile of 512 × 288 pixels and as many frames, and less than a frame of latents and bookkeeping.
        long pixels = group + (3L * 65 * 512 * 288 * sizeof(float));
        Assert.InRange(allocated, pixels, pixels + frameBytes);
        Assert.InRange(allocated, 0, 2 * group);
    }

    [Theory]
    [InlineData(1, 12, 5, 7, 24, 8, 96, 32)]
    [InlineData(2, 9, 3, 4, 16, 0, 64, 0)]
    [InlineData(3, 14, 2, 6, 32, 24, 128, 96)]
    [InlineData(4, 7, 4, 4, 64, 24, 64, 32)]
    public void Frames_are_the_weighted_mean_of_their_tiles_to_the_last_bit(
        int seed, int latentFrames, int latentHeight, int latentWidth, int tileFrames, int overlapFrames, int tilePixels, int overlapPixels)
    {
        VideoTilingOptions options = new()
        {
            Spatial = new SpatialTilingOptions { TileSizeInPixels = tilePixels, TileOverlapInPixels = overlapPixels },
            Temporal = new TemporalTilingOptions { TileSizeInFrames = tileFrames, TileOverlapInFrames = overlapFrames },
        };
        VideoTiling tiling = VideoTiling.Plan(options, latentFrames, latentHeight, latentWidth);
        Random random = new(seed);
        List<float[]> tiles = [];
        VideoTileStream stream = new(tiling, 3, (_, number, pixels) =>
        {
            Assert.Equal(tiles.Count, number);
            Span<float> span = pixels.Span;
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (random.NextSingle() * 4) - 2;
            }

            tiles.Add(span.ToArray());
        });

        List<HostTensor> chunks = [.. stream.Decode(HostTensor.Zeros(1, 2, latentFrames, latentHeight, latentWidth), progress: null).Select(chunk => chunk.ToTensor())];
        Assert.Equal(tiling.TileCount, tiles.Count);
        Assert.Equal(tiling.ChunkFrames, chunks.Select(chunk => chunk.Shape.Extent(1)));

        float[] expected = Blend(tiling, tiles);
        int plane = tiling.Rows.OutLength * tiling.Columns.OutLength;
        int first = 0;
        foreach (HostTensor chunk in chunks)
        {
            int values = chunk.Shape.Extent(1) * plane;
            for (int channel = 0; channel < 3; channel++)
            {
                Assert.Equal(expected.AsSpan(((channel * tiling.Time.OutLength) + first) * plane, values), chunk.Data.AsSpan(channel * values, values));
            }

            first += chunk.Shape.Extent(1);
        }
    }

    [Fact]
    public void A_crop_is_the_middle_of_the_same_pixels()
    {
        HostTensor pixels = HostTensor.Zeros(3, 2, 6, 8);
        for (int i = 0; i < pixels.Data.Length; i++)
        {
            pixels.Data[i] = i;
        }

        HostTensor crop = VideoChunk.FromTensor(5, pixels).Crop(width: 4, height: 3).ToTensor();
        Assert.Equal(new TensorShape(3, 2, 3, 4), crop.Shape);
        for (int i = 0; i < crop.Data.Length; i++)
        {
            (int x, int y, int planes) = (i % 4, i / 4 % 3, i / 12);
            Assert.Equal((planes * 48) + ((y + 1) * 8) + x + 2, crop.Data[i]);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => VideoChunk.FromTensor(0, pixels).Crop(9, 6));
    }

    /// <summary>The formula over the whole clip at once: <c>Σ w·tile / max(Σ w, 1e-8)</c>.</summary>
    private static float[] Blend(VideoTiling tiling, List<float[]> tiles)
    {
        (int frames, int height, int width) = (tiling.Time.OutLength, tiling.Rows.OutLength, tiling.Columns.OutLength);
        float[] sums = new float[3 * frames * height * width];
        int number = 0;
        for (int group = 0; group < tiling.Time.Spans.Length; group++)
        {
            for (int row = 0; row < tiling.Rows.Spans.Length; row++)
            {
                for (int column = 0; column < tiling.Columns.Spans.Length; column++, number++)
                {
                    (VideoTileSpan t, VideoTileSpan r, VideoTileSpan c) = (tiling.Time.Spans[group], tiling.Rows.Spans[row], tiling.Columns.Spans[column]);
                    for (int i = 0; i < tiles[number].Length; i++)
                    {
                        (int x, int y, int f, int channel) = (i % c.OutLength, i / c.OutLength % r.OutLength, i / (c.OutLength * r.OutLength) % t.OutLength, i / (c.OutLength * r.OutLength * t.OutLength));
                        float weight = tiling.Time.Weights[group][f] * tiling.Rows.Weights[row][y];
                        sums[(((((channel * frames) + t.OutStart + f) * height) + r.OutStart + y) * width) + c.OutStart + x] += weight * tiling.Columns.Weights[column][x] * tiles[number][i];
                    }
                }
            }
        }

        for (int i = 0; i < sums.Length; i++)
        {
            (int x, int y, int f) = (i % width, i / width % height, i / (width * height) % frames);
            float sum = tiling.Time.WeightSums[f] * tiling.Rows.WeightSums[y];
            sums[i] /= Math.Max(sum * tiling.Columns.WeightSums[x], 1e-8f);
        }

        return sums;
    }
}
