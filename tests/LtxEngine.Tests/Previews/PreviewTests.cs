using LtxEngine.Checkpoints;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Previews;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Previews;

/// <summary>Pictures of a clip while it is denoised, on the demo model.</summary>
public sealed class PreviewTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { Previews = true };

    private readonly LtxPipeline _pipeline = demo.Pipeline;

    [Fact]
    public async Task Each_step_of_each_stage_shows_the_middle_frame_and_the_latents_stay_the_same_to_the_last_bit()
    {
        GenerationRequest request = Request with { UseMultiscale = true, Width = 120, Height = 68, NumFrames = 20, NumInferenceSteps = 4, Image = DemoPipeline.Boat };
        GenerationResult expected = await _pipeline.GenerateAsync(request with { Previews = false });
        Recorder recorder = new();
        GenerationResult result = await _pipeline.GenerateAsync(request, recorder);

        Assert.Equal(expected.Latents.Video.Data, result.Latents.Video.Data);
        Assert.Equal(expected.Latents.Audio!.Data, result.Latents.Audio!.Data);
        Assert.Equal(
            [.. Enumerable.Range(1, 4).Select(step => (GenerationStage.Denoising, step, 4)), .. Enumerable.Range(1, 3).Select(step => (GenerationStage.Refining, step, 3))],
            recorder.Pictures.Select(p => (p.Stage, p.Step, p.Steps)));
        Assert.Equal([0, 0], recorder.Pictures.Where(p => p.Step == p.Steps).Select(p => p.Sigma!.Value));

        // Made are 128 × 128 pixels, in the first stage 64 × 64; 120 × 68 of them are kept.
        Assert.Equal(
            [.. Enumerable.Repeat((15, 8), 4), .. Enumerable.Repeat((30, 17), 3)], recorder.Pictures.Select(p => (p.Preview!.Width, p.Preview.Height)));
        Assert.All(recorder.Pictures, p => Assert.Equal((9, 0.375), (p.Preview!.Index, p.Preview.Timestamp.TotalSeconds)));
        Assert.All(recorder.Pictures.Zip(recorder.Pictures.Skip(1)), pair => Assert.NotEqual(pair.First.Preview!.Pixels.ToArray(), pair.Second.Preview!.Pixels.ToArray()));
    }

    [Fact]
    public async Task Samplers_with_inner_evaluations_show_each_step_once()
    {
        Recorder recorder = new();
        await _pipeline.GenerateAsync(Request with { NumInferenceSteps = 3, Sampler = new Res2sSampler() }, recorder);

        // Its last step is split in two.
        Assert.Equal([1, 2, 3, 3], recorder.Pictures.Select(p => p.Step));
    }

    [Fact]
    public async Task Without_asking_or_without_anybody_who_listens_nothing_is_fitted()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Residency = WeightResidencyMode.KeepLoaded });
        Recorder recorder = new();
        await pipeline.GenerateAsync(Request with { Previews = false }, recorder);
        await pipeline.GenerateAsync(Request);
        Assert.Empty(recorder.Pictures);
        int before = pipeline.LoadedNetworks;

        await pipeline.GenerateAsync(Request, recorder);

        // The video VAE, both halves of it, is used for nothing else in a request without an image whose frames nobody takes.
        Assert.Equal((2, before + 2), (recorder.Pictures.Count, pipeline.LoadedNetworks));
    }

    [Fact]
    public async Task A_request_stops_while_the_projection_is_fitted_and_in_a_preview_and_the_next_one_runs()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        foreach (Func<GenerationProgress, bool> moment in (Func<GenerationProgress, bool>[])[p => p.Stage == GenerationStage.ImageConditioning, p => p.Preview is not null])
        {
            using CancellationTokenSource stop = new();
            Recorder recorder = new(p =>
            {
                if (moment(p))
                {
                    stop.Cancel();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.GenerateAsync(Request, recorder, stop.Token));
            Assert.InRange(recorder.Pictures.Count, 0, 1);
        }

        Recorder last = new();
        GenerationResult result = await pipeline.GenerateAsync(Request, last);
        Assert.Equal(2, last.Pictures.Count);
        Assert.Equal((await _pipeline.GenerateAsync(DemoPipeline.Request)).Latents.Video.Data, result.Latents.Video.Data);
    }

    [Fact]
    public async Task A_request_that_continues_shows_the_steps_that_are_left()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-previews-");
        try
        {
            GenerationRequest request = Request with { CheckpointDirectory = folder.FullName, NumInferenceSteps = 4 };
            Recorder first = new(p =>
            {
                if (p.Preview is not null && p.Step == 2)
                {
                    throw new OperationCanceledException();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _pipeline.GenerateAsync(request, first));
            Recorder rest = new();
            GenerationResult result = await _pipeline.GenerateAsync(request, rest);

            // The step was saved before it was shown.
            Assert.Equal(2, result.ResumedSteps);
            Assert.Equal([3, 4], rest.Pictures.Select(p => p.Step));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// The preview of the finished latent against the decoded frame at the same size. The demo's VAE keeps 32 × 32 × 8 pixels in 16 numbers, which is
    /// far from linear; the best projection there is, fitted to these very clips, reaches 20 dB with a cell alone.
    /// </summary>
    [Theory]
    [InlineData("boat", 16.5, 0.86)]
    [InlineData("ball", 20.0, 0.86)]
    [InlineData("balloon", 18.0, 0.86)]
    public async Task The_last_preview_looks_like_the_frame(string name, double leastPsnr, double leastCorrelation)
    {
        GenerationRequest request = new()
        {
            Prompt = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.DemoModel, "examples", name + ".txt")),
            Image = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", name + ".png")),
            NumFrames = 17,
            NumInferenceSteps = 6,
            Seed = 3,
            GenerateAudio = false,
            Previews = true,
        };
        Recorder recorder = new();
        GenerationResult result = await _pipeline.GenerateAsync(request, recorder);
        byte[] frame = Shrink((await Frames.OfAsync(result))[8], 128, 4);
        byte[][] previews = [.. recorder.Pictures.Select(p => p.Preview!.Pixels.ToArray())];
        double psnr = Frames.Psnr(frame, previews[^1]);
        double correlation = Correlation(frame, previews[^1]);

        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {psnr:0.0} dB, correlation {correlation:0.000}");
        Assert.Equal((32, 32, 8), (recorder.Pictures[^1].Preview!.Width, recorder.Pictures[^1].Preview!.Height, recorder.Pictures[^1].Preview!.Index));
        Assert.True(psnr >= leastPsnr && correlation >= leastCorrelation, $"{psnr:0.0} dB, correlation {correlation:0.000}");
        Assert.True(Frames.Psnr(previews[^1], previews[0]) < Frames.Psnr(previews[^1], previews[^2]), "The first preview is nearer to the last than the one before that.");
    }

    [Fact]
    public void A_projection_is_fitted_once_and_a_model_without_encoder_has_one_too()
    {
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));
        int loads = 0;
        ResidencySetting residency = new();
        residency.Change(WeightResidencyMode.FreeAfterUse);
        using NetworkSlot<VideoVaeEncoder> encoder = new(token => Count(VideoVaeEncoder.Load(checkpoint, cancellationToken: token)), residency);
        using NetworkSlot<VideoVaeDecoder> decoder = new(token => Count(VideoVaeDecoder.Load(checkpoint, cancellationToken: token)), residency);
        LatentProjectionFitter both = new(encoder, decoder);
        LatentProjection fitted = both.Get(CancellationToken.None);
        Assert.Same(fitted, both.Get(CancellationToken.None));
        Assert.Equal((2, false, false), (loads, encoder.IsLoaded, decoder.IsLoaded));
        LatentProjection withoutEncoder = new LatentProjectionFitter(encoder: null, decoder).Get(CancellationToken.None);

        // A picture that neither was fitted to.
        using NetworkUse<VideoVaeEncoder> encoding = encoder.Use(CancellationToken.None);
        using NetworkUse<VideoVaeDecoder> decoding = decoder.Use(CancellationToken.None);
        SyntheticPictures pictures = new(99);
        EncodedPicture pair = EncodedPicture.Create(encoding.Network, decoding.Network, pictures.Next(256));
        double usual = Correlation(pair.Expected, pair.Paint(fitted));
        double other = Correlation(pair.Expected, pair.Paint(withoutEncoder));

        TestContext.Current.TestOutputHelper!.WriteLine($"correlation {usual:0.000}, without encoder {other:0.000}");
        Assert.True(usual >= 0.8 && other >= 0.6, $"{usual:0.000}, {other:0.000}");

        T Count<T>(T network)
        {
            loads++;
            return network;
        }
    }

    [Fact]
    public void Memory_for_the_fit_is_planned()
    {
        using LoadedModel model = LoadedModel.Open(DemoPipeline.Options, new CpuComputeDevice(1));
        GenerationPlan plan = GenerationPlanner.Create(DemoPipeline.Request, model.Profile);

        Assert.DoesNotContain(model.EstimateMemory(plan).Stages, stage => stage.Stage == GenerationStage.ImageConditioning);
        StageMemory stage = Assert.Single(model.EstimateMemory(plan with { ShowsPreviews = true }).Stages, stage => stage.Stage == GenerationStage.ImageConditioning);
        Assert.True(stage.Weights > 1_000_000 && stage.Working > 1_000_000, $"{stage}");
    }

    private static byte[] Shrink(byte[] frame, int width, int box)
    {
        int side = width / box;
        byte[] small = new byte[side * side * 3];
        for (int i = 0; i < small.Length; i++)
        {
            (int x, int y) = (i / 3 % side * box, i / 3 / side * box);
            small[i] = (byte)Math.Round(Enumerable.Range(0, box * box).Average(k => (double)frame[((((y + (k / box)) * width) + x + (k % box)) * 3) + (i % 3)]));
        }

        return small;
    }

    private static double Correlation(byte[] a, byte[] b)
    {
        (double meanA, double meanB) = (a.Average(v => (double)v), b.Average(v => (double)v));
        double Product(byte[] x, double meanX, byte[] y, double meanY) => x.Zip(y, (p, q) => (p - meanX) * (q - meanY)).Sum();
        return Product(a, meanA, b, meanB) / Math.Sqrt(Product(a, meanA, a, meanA) * Product(b, meanB, b, meanB));
    }

    /// <summary>Keeps the reports that show a picture, at once and on the pipeline's thread.</summary>
    private sealed class Recorder(Action<GenerationProgress>? report = null) : IProgress<GenerationProgress>
    {
        public List<GenerationProgress> Pictures { get; } = [];

        public void Report(GenerationProgress value)
        {
            if (value.Preview is not null)
            {
                Pictures.Add(value);
            }

            report?.Invoke(value);
        }
    }

    /// <summary>A picture of 256 × 256 as latent tokens, and what the decoder makes of them at the size of a preview.</summary>
    private sealed record EncodedPicture(float[] Tokens, byte[] Expected)
    {
        public static EncodedPicture Create(VideoVaeEncoder encoder, VideoVaeDecoder decoder, float[] picture)
        {
            HostTensor latent = encoder.Encode(new HostTensor(new TensorShape(1, 3, 1, 256, 256), picture));
            VideoChunk decoded = VideoChunk.FromTensor(0, new HostTensor(new TensorShape(3, 1, 256, 256), decoder.Decode(latent).Data));
            byte[] pixels = new byte[decoded.BytesPerFrame];
            decoded.CopyRgb24(0, pixels);
            int channels = latent.Shape.Extent(1);
            float[] tokens = new float[latent.Data.Length];
            for (int i = 0; i < tokens.Length; i++)
            {
                tokens[i] = latent.Data[(i % channels * 64) + (i / channels)];
            }

            return new EncodedPicture(tokens, Shrink(pixels, 256, 4));
        }

        public byte[] Paint(LatentProjection projection)
        {
            byte[] painted = new byte[Expected.Length];
            projection.Paint(Tokens, columns: 8, painted);
            return painted;
        }
    }
}
