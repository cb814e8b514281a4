using LtxEngine.Planning;

namespace LtxEngine.Tests.Planning;

public sealed class AutoSizeTests
{
    private static readonly ModelProfile Model = new() { Defaults = new ModelDefaults(), Layers = 48, VideoLatentChannels = 128, HasSpatialUpscaler = true, DistilledLora = "x" };

    private static readonly ModelProfile Small = Model with { Defaults = new ModelDefaults { Width = 128, Height = 128 } };

    [Theory]
    [InlineData(1920, 1080, false, 1248, 704)]
    [InlineData(1920, 1080, true, 1280, 704)]
    [InlineData(1080, 1920, false, 704, 1248)]
    [InlineData(1024, 1024, false, 928, 928)]
    [InlineData(1024, 1024, true, 960, 960)]
    [InlineData(1, 10_000, false, 480, 1888)]
    [InlineData(10_000, 1, true, 1856, 448)]
    [InlineData(1, 1, false, 928, 928)]
    public void The_picture_gives_the_ratio_and_the_endpoint_the_area(int width, int height, bool twoStages, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), AutoSize.Of(width, height, twoStages, Model));

    [Theory]
    [InlineData(64, 64, false, 128, 128)]
    [InlineData(1920, 1080, false, 160, 96)]
    [InlineData(1920, 1080, true, 192, 128)]
    [InlineData(9, 16, false, 96, 160)]
    public void A_small_model_keeps_its_own_area(int width, int height, bool twoStages, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), AutoSize.Of(width, height, twoStages, Small));

    [Fact]
    public void It_excludes_a_size_and_needs_a_picture()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(
            () => GenerationPlanner.Create(new GenerationRequest { Prompt = "x", SizeFromImage = true, Width = 64 }, Model));

        Assert.Equal(["size_from_image", "size_from_image"], error.Errors.Select(e => e.Field));
    }
}
