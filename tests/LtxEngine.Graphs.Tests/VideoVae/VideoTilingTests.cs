using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Checkpoints;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.VideoVae;

public sealed class VideoTilingTests
{
    [Fact]
    public void Any_plan_covers_every_pixel_and_blends_with_weights_that_sum_to_one()
    {
        Gen<(int Latents, int Longer, int Size, int Overlap)> space =
            from latents in Gen.Choose(2, 140)
            from longer in Gen.Choose(latents, 150)
            from size in Gen.Choose(2, 32)
            from overlap in Gen.Choose(0, (size - 1) / 2)
            select (latents, longer, size, overlap);
        Prop.ForAll(Arb.From(space), t =>
        {
            VideoTileAxis axis = VideoTileAxis.PlanSpace(
                t.Latents, t.Longer, new SpatialTilingOptions { TileSizeInPixels = 32 * t.Size, TileOverlapInPixels = 32 * t.Overlap }, 32);
            return axis.Spans[0].Start == 0 && axis.Spans[^1].End == t.Latents
                && axis.Spans.All(s => s.Length >= 2)
                && axis.WeightSums.All(sum => sum > 0)
                && (2 * t.Overlap > axis.TileLength || axis.WeightSums.All(sum => Math.Abs(sum - 1) < 1e-5));
        }).QuickCheckThrowOnFailure();

        Gen<(int Latents, int Size, int Overlap)> time =
            from latents in Gen.Choose(1, 100)
            from size in Gen.Choose(2, 16)
            from overlap in Gen.Choose(0, (size - 1) / 2)
            select (latents, size, overlap);
        Prop.ForAll(Arb.From(time), t =>
        {
            VideoTiling plan = VideoTiling.Plan(
                new VideoTilingOptions { Temporal = new TemporalTilingOptions { TileSizeInFrames = 8 * t.Size, TileOverlapInFrames = 8 * t.Overlap } }, t.Latents, 2, 2);
            return plan.ChunkFrames.Sum() == 1 + (8 * (t.Latents - 1))
                && plan.ChunkFrames.All(frames => frames >= 0)
                && plan.Time.WeightSums.All(sum => Math.Abs(sum - 1) < 1e-5);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_last_tile_of_one_latent_is_enlarged()
    {
        VideoTileAxis axis = VideoTileAxis.PlanSpace(17, 17, new SpatialTilingOptions { TileSizeInPixels = 512, TileOverlapInPixels = 0 }, 32);
        Assert.Equal([(0, 16), (15, 17)], axis.Spans.Select(s => (s.Start, s.End)));
        Assert.All(axis.WeightSums, sum => Assert.Equal(1, sum, 1e-6f));
    }

    [Theory]
    [InlineData(32, 0, 64, 24, "TileSizeInPixels")]
    [InlineData(100, 0, 64, 24, "TileSizeInPixels")]
    [InlineData(512, 512, 64, 24, "TileOverlapInPixels")]
    [InlineData(512, -32, 64, 24, "TileOverlapInPixels")]
    [InlineData(512, 33, 64, 24, "TileOverlapInPixels")]
    [InlineData(512, 64, 8, 0, "TileSizeInFrames")]
    [InlineData(512, 64, 20, 0, "TileSizeInFrames")]
    [InlineData(512, 64, 64, 64, "TileOverlapInFrames")]
    [InlineData(512, 64, 64, 4, "TileOverlapInFrames")]
    public void Tile_sizes_out_of_range_are_named(int pixels, int pixelOverlap, int frames, int frameOverlap, string named)
    {
        VideoTilingOptions options = new()
        {
            Spatial = new SpatialTilingOptions { TileSizeInPixels = pixels, TileOverlapInPixels = pixelOverlap },
            Temporal = new TemporalTilingOptions { TileSizeInFrames = frames, TileOverlapInFrames = frameOverlap },
        };
        Assert.Equal(named, Assert.Throws<ArgumentException>(() => VideoTiling.Plan(options, 4, 4, 4)).ParamName);
    }

    [Fact]
    public void One_tile_is_the_whole_decode()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        HostTensor latent = TestTensors.Random(1, 1, 8, 2, 2, 3);
        HostTensor chunk = Assert.Single(decoder.DecodeStream(latent).Select(c => c.ToTensor()));
        Assert.Equal(decoder.Decode(latent).Data, chunk.Data);
        Assert.Equal(new TensorShape(3, 9, 64, 96), chunk.Shape);
    }

    [Fact]
    public void Chunks_come_as_soon_as_their_tiles_are_decoded()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        VideoTilingOptions options = new() { Spatial = null, Temporal = new TemporalTilingOptions { TileSizeInFrames = 24, TileOverlapInFrames = 8 } };
        HostTensor latent = TestTensors.Random(2, 1, 8, 7, 2, 2);
        Collector progress = new();
        int next = 0;
        int chunks = 0;
        foreach (VideoChunk chunk in decoder.DecodeStream(latent, options, progress: progress))
        {
            Assert.Equal(++chunks, progress.Reports.Count);
            Assert.Equal(next, chunk.FirstFrame);
            next += chunk.FrameCount;
        }

        Assert.Equal(49, next);
        Assert.Equal(new VideoDecodeProgress(chunks, chunks), progress.Reports[^1]);
        Assert.True(chunks > 1);
    }

    [Fact]
    public void A_stream_stops_when_cancelled()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        using CancellationTokenSource source = new();
        VideoTilingOptions options = new() { Spatial = new SpatialTilingOptions { TileSizeInPixels = 64, TileOverlapInPixels = 32 } };
        Collector progress = new(source.Cancel);
        HostTensor latent = TestTensors.Random(3, 1, 8, 1, 4, 4);
        Assert.Throws<OperationCanceledException>(() => decoder.DecodeStream(latent, options, progress: progress, cancellationToken: source.Token).Count());
        Assert.Single(progress.Reports);
    }

    [Theory]
    [InlineData(-2f, 0)]
    [InlineData(-1f, 0)]
    [InlineData(0f, 127)]
    [InlineData(0.999f, 254)]
    [InlineData(1f, 255)]
    [InlineData(3f, 255)]
    [InlineData(float.PositiveInfinity, 255)]
    public void Bytes_are_truncated_not_rounded(float value, byte expected) => Assert.Equal(expected, VideoChunk.ToByte(value));

    [Fact]
    public void Frames_are_written_as_interleaved_rgb()
    {
        HostTensor pixels = HostTensor.Zeros(3, 2, 1, 2);
        pixels.Data.AsSpan().Fill(-1);
        pixels.Data[3] = 1;
        pixels.Data[6] = 1;
        VideoChunk chunk = VideoChunk.FromTensor(0, pixels);
        byte[] bytes = new byte[6];
        chunk.CopyRgb24(1, bytes);
        Assert.Equal([0, 255, 0, 255, 0, 0], bytes);
        Assert.Throws<ArgumentException>(() => chunk.CopyRgb24(0, new byte[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => chunk.CopyRgb24(2, bytes));
    }

    private sealed class Collector(Action? after = null) : IProgress<VideoDecodeProgress>
    {
        public List<VideoDecodeProgress> Reports { get; } = [];

        public void Report(VideoDecodeProgress value)
        {
            Reports.Add(value);
            after?.Invoke();
        }
    }
}
