using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>Start images, end images and images in between on the demo model.</summary>
public sealed class ImageConditioningTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { Width = 128, Height = 128, NumFrames = 17, NumInferenceSteps = 2 };

    private static readonly ImageSource Balloon = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", "balloon.png"));

    private readonly LtxPipeline _pipeline = demo.Pipeline;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_image_leads_the_last_frame_to_it(bool useMultiscale)
    {
        GenerationRequest request = Request with { NumFrames = 9, NumInferenceSteps = 4, UseMultiscale = useMultiscale };
        byte[] end = (await FramesAsync(request with { Image = Balloon, NumFrames = 1, UseMultiscale = false }))[0];
        double without = Frames.Psnr(end, (await FramesAsync(request))[^1]);
        double with = Frames.Psnr(end, (await FramesAsync(request with { EndImage = Balloon }))[^1]);
        double weakly = Frames.Psnr(end, (await FramesAsync(request with { EndImage = Balloon, EndImageStrength = 0 }))[^1]);

        TestContext.Current.TestOutputHelper!.WriteLine($"last frame to end image: {with:0.0} dB with it, {weakly:0.0} dB at strength 0, {without:0.0} dB without");
        Assert.True(with > without + 8 && with > weakly + 8, $"last frame to end image: {with:0.00} dB with it, {weakly:0.00} dB at strength 0, {without:0.00} dB without");
    }

    [Fact]
    public async Task The_same_images_at_the_same_frames_give_the_same_clip()
    {
        float[] named = await LatentAsync(Request with { Image = DemoPipeline.Boat, ImageStrength = 0.9, EndImage = Balloon, EndImageStrength = 0.5 });
        float[] listed = await LatentAsync(Request with { Images = [new FrameImage(Balloon, 16, 0.5), new FrameImage(DemoPipeline.Boat, 0, 0.9)] });
        float[] backward = await LatentAsync(Request with
        {
            Image = Balloon,
            ImageStrength = 0.5,
            EndImage = DemoPipeline.Boat,
            EndImageStrength = 0.9,
            InterpolationDirection = InterpolationDirection.Backward,
        });

        Assert.Equal(named, listed);
        Assert.Equal(named, backward);
    }

    [Fact]
    public async Task An_image_between_the_ends_and_its_time_range_count()
    {
        GenerationRequest request = Request with { Images = [new FrameImage(Balloon, 9)] };
        float[] one = await LatentAsync(request);
        float[] eight = await LatentAsync(request with { KeyframeTimeExtent = KeyframeTimeExtent.EightFrames });

        Assert.NotEqual(one, eight);
        Assert.NotEqual(one, await LatentAsync(Request));
        Assert.Equal(one, await LatentAsync(request));
    }

    [Fact]
    public async Task The_end_image_stands_at_the_last_frame_that_is_kept()
    {
        float[] cut = await LatentAsync(Request with { NumFrames = 12, EndImage = Balloon });

        Assert.Equal(cut, await LatentAsync(Request with { Images = [new FrameImage(Balloon, 11)] }));
    }

    [Fact]
    public async Task Other_sizes_are_the_middle_of_the_next_possible_size()
    {
        GenerationResult whole = await _pipeline.GenerateAsync(Request with { Width = 128, Height = 96 });
        GenerationResult middle = await _pipeline.GenerateAsync(Request with { Width = 101, Height = 70 });

        Assert.Equal((100, 70, 17), (middle.Width, middle.Height, middle.NumFrames));
        Assert.Contains("width 101 is odd", Assert.Single(middle.Warnings), StringComparison.Ordinal);
        Assert.Equal(whole.Latents.Video.Data, middle.Latents.Video.Data);
        byte[][] wholeFrames = await Frames.OfAsync(whole);
        byte[][] frames = await Frames.OfAsync(middle);
        foreach ((int frame, int row) in new[] { (0, 0), (3, 69), (16, 35) })
        {
            Assert.Equal(
                wholeFrames[frame].AsSpan((((row + 13) * 128) + 14) * 3, 300).ToArray(),
                frames[frame].AsSpan(row * 300, 300).ToArray());
        }
    }

    [Fact]
    public async Task Every_image_that_cannot_be_used_is_named()
    {
        ImageSource broken = ImageSource.FromBytes("no image"u8.ToArray());
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(
            Request with { Image = broken, EndImage = ImageSource.FromFile("nowhere.png"), Images = [new FrameImage(ImageSource.FromBytes(default), 3)] }));

        Assert.Equal(["image", "end_image", "images[0]"], error.Errors.Select(e => e.Field));
    }

    private async Task<byte[][]> FramesAsync(GenerationRequest request) => await Frames.OfAsync(await _pipeline.GenerateAsync(request));

    private async Task<float[]> LatentAsync(GenerationRequest request) => (await _pipeline.GenerateAsync(request)).Latents.Video.Data;
}
