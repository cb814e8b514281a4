using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Estimation;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Estimation;

public sealed class EstimateTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_sizes_tokens_passes_and_price()
    {
        GenerationEstimate estimate = await demo.Pipeline.EstimateAsync(
            DemoPipeline.Request with { Image = DemoPipeline.Boat, EndImage = DemoPipeline.Boat, Width = 90, NumFrames = 10 }, Token);

        Assert.Equal((90, 64, 10, true, 1L), (estimate.Width, estimate.Height, estimate.NumFrames, estimate.HasAudio, estimate.PriceUnits));
        Assert.Equal(
            [GenerationStage.TextEncoding, GenerationStage.ImageConditioning, GenerationStage.Denoising, GenerationStage.AudioDecoding, GenerationStage.VideoDecoding],
            estimate.Stages.Select(stage => stage.Stage));
        StageEstimate denoising = estimate.Stages.Single(stage => stage.Stage == GenerationStage.Denoising);

        // 17 frames are 3 latent frames of 3 × 2 cells; the end image adds a frame of them. Two passes of classifier-free guidance in 2 steps.
        Assert.Equal((96, 64, 17, 24, 4), (denoising.Width, denoising.Height, denoising.Frames, denoising.VideoTokens, denoising.ForwardPasses));
        Assert.Equal(2, denoising.Steps);
        Assert.Equal(estimate.TeraFlops, estimate.Stages.Sum(stage => stage.TeraFlops), 1e-12);
        Assert.All(estimate.Stages, stage => Assert.True(stage.WeightBytes > 0 && stage.WorkingBytes > 0 && stage.TeraFlops > 0));
        Assert.All(estimate.Stages, stage => Assert.Equal(stage.WorkingBytes, stage.WorkingParts.Sum(part => part.Bytes)));
        Assert.InRange(estimate.PeakMemoryBytes, estimate.Stages.Max(stage => stage.WeightBytes + stage.WorkingBytes + stage.KeptBytes), estimate.MemoryBudgetBytes);
        Assert.True(estimate.FitsMemory);
    }

    [Fact]
    public async Task Text_encoding_counts_the_tokens_of_the_prompts_and_denoising_all_rows_of_their_contexts()
    {
        string folder = Path.Combine(RepositoryPaths.DemoModel, "gemma");
        GemmaConfiguration gemma = GemmaConfiguration.Load(Path.Combine(folder, "config.json"));
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));
        string[] prompts = ["a boat", string.Join(' ', Enumerable.Repeat("a white boat sails on the blue sea", 20)), string.Join(' ', Enumerable.Repeat("waves", 1600))];
        int[] tokens = [.. prompts.Select(prompt => tokenizer.EncodePrompt(prompt).Length)];
        int negative = tokenizer.EncodePrompt("dull").Length;
        Assert.True(tokens[0] < tokens[1] && tokens[1] < tokens[2] && tokens[2] == 1024, string.Join(", ", tokens));
        List<double> denoising = [];
        foreach ((string prompt, int count) in prompts.Zip(tokens))
        {
            GenerationEstimate estimate = await demo.Pipeline.EstimateAsync(DemoPipeline.Request with { Prompt = prompt, NegativePrompt = "dull" }, Token);
            double expected = NetworkWork.OfText(checkpoint, gemma, [count, negative], 1024) / 1e12;
            Assert.Equal(expected, estimate.Stages.Single(stage => stage.Stage == GenerationStage.TextEncoding).TeraFlops, expected * 1e-9);
            denoising.Add(estimate.Stages.Single(stage => stage.Stage == GenerationStage.Denoising).TeraFlops);
        }

        Assert.Single(denoising.Distinct());
    }

    [Fact]
    public async Task Two_stages_are_told_apart()
    {
        GenerationEstimate estimate = await demo.Pipeline.EstimateAsync(DemoPipeline.Request with { UseMultiscale = true, Width = 128, Height = 128 }, Token);

        StageEstimate first = estimate.Stages.Single(stage => stage.Stage == GenerationStage.Denoising);
        StageEstimate second = estimate.Stages.Single(stage => stage.Stage == GenerationStage.Refining);
        Assert.Equal((64, 8, 4), (first.Width, first.VideoTokens, first.ForwardPasses));
        Assert.Equal((128, 32, 3), (second.Width, second.VideoTokens, second.ForwardPasses));
        Assert.Contains(estimate.Stages, stage => stage.Stage == GenerationStage.Upscaling && stage.WeightBytes > 0);
        Assert.Equal(7, estimate.ForwardPasses);
    }

    [Fact]
    public async Task The_passes_are_those_that_a_run_takes()
    {
        GenerationRequest request = DemoPipeline.Request with { NumInferenceSteps = 5, GuidancePreset = "january-29", GuidanceSkipStep = 1 };

        GenerationEstimate estimate = await demo.Pipeline.EstimateAsync(request, Token);
        GenerationResult result = await demo.Pipeline.GenerateAsync(request, cancellationToken: Token);

        Assert.Equal(12, estimate.ForwardPasses);
        Assert.Equal(estimate.ForwardPasses, result.Work.ForwardPasses);
    }

    [Fact]
    public async Task A_request_that_does_not_fit_is_told_and_not_refused()
    {
        await using LtxPipeline small = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, MemoryBudget = 330L << 20 }, Token);

        GenerationEstimate estimate = await small.EstimateAsync(DemoPipeline.Request with { Width = 2048, Height = 2048 }, Token);

        Assert.False(estimate.FitsMemory);
        Assert.Equal(330L << 20, estimate.MemoryBudgetBytes);
        Assert.Equal(WeightResidencyMode.StreamBlocks, estimate.Residency);
    }

    [Fact]
    public async Task Weights_with_loras_count_as_what_they_are_held_as()
    {
        string lora = Path.Combine(Path.GetTempPath(), $"ltx-estimate-{Guid.NewGuid():N}.safetensors");
        DemoFolder.WriteLora(lora, 0.1f);
        try
        {
            long plain = await Weights(DemoPipeline.Request);
            GenerationRequest request = DemoPipeline.Request with { Loras = [new LoraUse(lora, 0.5)] };
            long single = await Weights(request);
            long nothing = await Weights(request with { Loras = [new LoraUse(lora, 0)] });

            Assert.Equal(plain, nothing);
            Assert.True(single > plain, $"{single} and {plain}");
        }
        finally
        {
            File.Delete(lora);
        }

        async Task<long> Weights(GenerationRequest request) =>
            (await demo.Pipeline.EstimateAsync(request, Token)).Stages.Single(stage => stage.Stage == GenerationStage.Denoising).WeightBytes;
    }

    [Fact]
    public async Task A_size_can_follow_the_upright_picture()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ltx-turned-{Guid.NewGuid():N}.jpg");
        try
        {
            await demo.Pipeline.Ffmpeg.RunAsync(
                ["-y", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "160x90", "-i", "pipe:0", "-frames:v", "1", "-f", "mjpeg", "file:" + path],
                new byte[160 * 90 * 3],
                1,
                "making a test picture",
                MediaErrorKind.ToolFailed,
                Token);
            byte[] jpeg = await File.ReadAllBytesAsync(path, Token);
            ImageSource lying = ImageSource.FromBytes(jpeg);

            // Orientation 6: the stored rows are the columns of the picture.
            byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
            ImageSource upright = ImageSource.FromBytes((byte[])[.. jpeg[..2], .. exif, .. jpeg[2..]]);

            Assert.Equal((160, 96), await Size(new GenerationRequest { Prompt = "x", Image = lying, SizeFromImage = true }));
            Assert.Equal((96, 160), await Size(new GenerationRequest { Prompt = "x", Image = upright, SizeFromImage = true }));
            Assert.Equal((96, 160), await Size(new GenerationRequest { Prompt = "x", EndImage = upright, SizeFromImage = true }));
            Assert.Equal((192, 128), await Size(new GenerationRequest { Prompt = "x", Image = lying, EndImage = upright, SizeFromImage = true, UseMultiscale = true }));
        }
        finally
        {
            File.Delete(path);
        }

        async Task<(int, int)> Size(GenerationRequest request)
        {
            GenerationEstimate estimate = await demo.Pipeline.EstimateAsync(request, Token);
            return (estimate.Width, estimate.Height);
        }
    }

    [Fact]
    public async Task Every_picture_that_cannot_be_used_is_told_by_its_field_with_everything_else()
    {
        GenerationRequest request = new()
        {
            Prompt = "x",
            Image = ImageSource.FromFile(RepositoryPaths.Root),
            EndImage = ImageSource.FromBytes("no picture"u8.ToArray()),
            Images = [new FrameImage(ImageSource.FromFile("missing.png"), 3), new FrameImage(ImageSource.FromBytes(Array.Empty<byte>()), 4)],
            SizeFromImage = true,
            NumFrames = 0,
        };

        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => demo.Pipeline.EstimateAsync(request, Token));

        Assert.Equal(["end_image", "image", "images[0]", "images[1]", "num_frames"], error.Errors.Select(e => e.Field.Split('.')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("no image of a supported format", error.Message, StringComparison.Ordinal);
        Assert.Contains("it is a folder", error.Message, StringComparison.Ordinal);
    }
}
