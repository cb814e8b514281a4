using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Tests.Latents;

public sealed class ShapeTests
{
    [Fact]
    public void A_clip_has_the_published_number_of_tokens()
    {
        VideoLatentShape first = VideoLatentShape.FromClip(128, 121, 512, 768);
        Assert.Equal((16, 16, 24, 6144), (first.Frames, first.Height, first.Width, first.TokenCount));
        Assert.Equal(24_576, VideoLatentShape.FromClip(128, 121, 1024, 1536).TokenCount);
        Assert.Equal(121, first.PixelFrames);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(16, 2)]
    [InlineData(17, 3)]
    public void Frames_beyond_eight_times_k_plus_one_are_dropped(int frames, int latentFrames) =>
        Assert.Equal(latentFrames, VideoLatentShape.FromClip(1, frames, 32, 32).Frames);

    [Fact]
    public void A_size_that_is_no_multiple_is_refused_with_its_neighbours()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => VideoLatentShape.FromClip(128, 9, 500, 768));
        Assert.Contains("480 or 512", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 9, 32, 32)]
    [InlineData(1, 0, 32, 32)]
    [InlineData(1, 9, 0, 32)]
    [InlineData(1, 9, 32, -32)]
    [InlineData(128, int.MaxValue, 2_000_000_000, 2_000_000_000)]
    public void Impossible_clips_are_refused_before_anything_is_allocated(int channels, int frames, int height, int width)
    {
        // What the runtime pays once for a first refusal does not count.
        Assert.Throws<ArgumentOutOfRangeException>(() => VideoLatentShape.FromClip(channels, frames, height, width));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ArgumentOutOfRangeException>(() => VideoLatentShape.FromClip(channels, frames, height, width));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Audio_shapes_that_exceed_a_buffer_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioLatentShape(8, int.MaxValue, 16));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioLatentShape(8, 0, 16));
    }

    [Theory]
    [InlineData(121, 24, 126)]
    [InlineData(121, 25, 121)]
    [InlineData(49, 10, 123)]
    [InlineData(1, 50, 0)]
    [InlineData(9, 50, 4)]
    [InlineData(121, 23.976, 126)]
    public void Audio_latents_round_half_to_even_in_the_originals_order(int frames, double framesPerSecond, int latents) =>
        Assert.Equal(latents, AudioTiming.Default.LatentFrames(frames, framesPerSecond));

    [Fact]
    public void Audio_of_121_frames_becomes_five_seconds_at_24_kHz()
    {
        Assert.Equal(501, AudioTiming.Default.MelFrames(126));
        Assert.Equal(120_240, AudioTiming.Default.OutputSamples(126));
        Assert.Equal(0, AudioTiming.Default.MelFrames(0));
        Assert.Equal(1, AudioTiming.Default.MelFrames(1));
    }

    [Theory]
    [InlineData(0, 24)]
    [InlineData(9, 0)]
    [InlineData(9, double.NaN)]
    [InlineData(9, 1e-9)]
    public void Impossible_sounds_are_refused(int frames, double framesPerSecond) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioTiming.Default.LatentFrames(frames, framesPerSecond));
}
