using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>Requests whose prompt the text model writes out first.</summary>
public sealed class PromptExpansionTests : IDisposable
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { NumFrames = 1, NumInferenceSteps = 1, GenerateAudio = false, EnablePromptExpansion = true };

    // The demo's text model was never trained to write; it stops at its first token that is no text of its own.
    private readonly DemoFolder _folder = new();

    public PromptExpansionTests() => WriteStopIds(_folder["gemma"]);

    [Fact]
    public async Task The_clip_is_made_from_the_expanded_prompt_and_both_prompts_are_told()
    {
        await using LtxPipeline pipeline = await LoadAsync();
        GenerationResult expanded = await pipeline.GenerateAsync(Request);
        GenerationResult written = await pipeline.GenerateAsync(Request with { EnablePromptExpansion = false, Prompt = expanded.Prompt });
        GenerationResult plain = await pipeline.GenerateAsync(Request with { EnablePromptExpansion = false });

        Assert.NotEqual(Request.Prompt, expanded.Prompt);
        Assert.Equal((Request.Prompt, Request.Prompt), (expanded.OriginalPrompt, plain.OriginalPrompt));
        Assert.Equal(Request.Prompt, plain.Prompt);
        Assert.Empty(expanded.Warnings);
        Assert.Equal(written.Latents.Video.Data, expanded.Latents.Video.Data);
        Assert.NotEqual(plain.Latents.Video.Data, expanded.Latents.Video.Data);
        Assert.Single(expanded.Timings, t => t.Stage == GenerationStage.PromptExpansion);
        Assert.DoesNotContain(plain.Timings, t => t.Stage == GenerationStage.PromptExpansion);
    }

    [Fact]
    public async Task The_low_half_of_the_seed_decides_the_text_for_any_number_of_threads()
    {
        HashSet<string> prompts = [];
        foreach (int threads in (int[])[1, 2, 3])
        {
            await using LtxPipeline pipeline = await LoadAsync(threads);
            prompts.Add((await pipeline.GenerateAsync(Request)).Prompt);
            prompts.Add((await pipeline.GenerateAsync(Request with { Seed = Request.Seed + (1L << 32) })).Prompt);
        }

        Assert.Single(prompts);
        await using LtxPipeline other = await LoadAsync();
        foreach (long seed in (long[])[2, 3])
        {
            prompts.Add((await other.GenerateAsync(Request with { Seed = seed })).Prompt);
        }

        Assert.True(prompts.Count > 1, string.Join('\n', prompts));
    }

    [Fact]
    public async Task An_answer_that_is_no_text_leaves_the_clip_as_it_would_be_without()
    {
        await using LtxPipeline demo = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        GenerationResult kept = await demo.GenerateAsync(Request);
        GenerationResult plain = await demo.GenerateAsync(Request with { EnablePromptExpansion = null });

        Assert.Equal(Request.Prompt, kept.Prompt);
        Assert.Contains("was not expanded", Assert.Single(kept.Warnings), StringComparison.Ordinal);
        Assert.Equal(plain.Latents.Video.Data, kept.Latents.Video.Data);
        Assert.Empty(plain.Warnings);
    }

    [Fact]
    public async Task The_folder_decides_where_the_request_does_not()
    {
        using DemoFolder folder = new(description => description["defaults"]!["enable_prompt_expansion"] = true);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });

        Assert.True(pipeline.Defaults.EnablePromptExpansion);
        Assert.Contains((await pipeline.GenerateAsync(Request with { EnablePromptExpansion = null })).Timings, IsExpansion);
        Assert.DoesNotContain((await pipeline.GenerateAsync(Request with { EnablePromptExpansion = false })).Timings, IsExpansion);

        static bool IsExpansion(StageTiming timing) => timing.Stage == GenerationStage.PromptExpansion;
    }

    [Fact]
    public async Task Progress_counts_tokens_and_the_text_model_is_not_freed_before_it_encodes()
    {
        await using LtxPipeline pipeline = await LoadAsync(residency: WeightResidencyMode.FreeAfterUse);
        List<GenerationProgress> reports = [];
        List<int> loadedAtEncoding = [];
        await pipeline.GenerateAsync(Request, new SynchronousProgress(report =>
        {
            reports.Add(report);
            if (report is { Stage: GenerationStage.TextEncoding, Step: 0 })
            {
                loadedAtEncoding.Add(pipeline.LoadedNetworks);
            }
        }));

        GenerationProgress[] expansion = [.. reports.Where(r => r.Stage == GenerationStage.PromptExpansion)];
        Assert.Equal((0, 512), (expansion[0].Step, expansion[0].Steps));
        Assert.Equal(expansion.Select(r => r.StageFraction).Order(), expansion.Select(r => r.StageFraction));
        Assert.Contains(expansion, r => r is { Block: 3, Blocks: 6 });
        Assert.Equal(1, expansion[^1].StageFraction);
        Assert.Equal([1], loadedAtEncoding);
        Assert.Equal(0, pipeline.LoadedNetworks);
    }

    [Fact]
    public async Task Cancelling_ends_within_a_token_and_leaves_the_pipeline_usable()
    {
        await using LtxPipeline pipeline = await LoadAsync();
        using CancellationTokenSource source = new();
        int reportsAfter = 0;
        SynchronousProgress progress = new(report =>
        {
            reportsAfter += source.IsCancellationRequested ? 1 : 0;
            if (report is { Stage: GenerationStage.PromptExpansion, Block: 2 })
            {
                source.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.GenerateAsync(Request, progress, source.Token));
        Assert.Equal(0, reportsAfter);
        Assert.NotEmpty((await pipeline.GenerateAsync(Request)).Prompt);
    }

    [Fact]
    public async Task A_text_model_with_a_vision_tower_sees_the_image_of_the_first_frame_only()
    {
        string folder = Path.Combine(_folder.Path, "tiny");
        Directory.CreateDirectory(Path.Combine(folder, "gemma"));
        string tiny = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny");
        File.Copy(Path.Combine(tiny, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(tiny, "gemma")))
        {
            File.Copy(file, Path.Combine(folder, "gemma", Path.GetFileName(file)));
        }

        WriteStopIds(Path.Combine(folder, "gemma"));
        await File.WriteAllTextAsync(Path.Combine(folder, "ltx-model.json"), """{"files": {"checkpoint": "model.safetensors", "text_encoder": "gemma"}}""");
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder });
        GenerationRequest request = Request with { NumFrames = 9 };
        string unseen = await PromptsAsync(request);
        string boat = await PromptsAsync(request with { Image = DemoPipeline.Boat });
        string black = await PromptsAsync(request with { Image = ImageSource.FromPixels(new byte[3 * 64 * 64], 64, 64) });

        Assert.True(new HashSet<string>([unseen, boat, black]).Count == 3, string.Join('\n', unseen, boat, black));
        Assert.Equal(unseen, await PromptsAsync(request with { EndImage = DemoPipeline.Boat }));

        async Task<string> PromptsAsync(GenerationRequest template)
        {
            // One answer alone may be unusable: this model's weights are random numbers.
            List<string> prompts = [];
            foreach (long seed in (long[])[5, 6, 7])
            {
                prompts.Add((await pipeline.GenerateAsync(template with { Seed = seed })).Prompt);
            }

            return string.Join('\n', prompts);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static void WriteStopIds(string textModel) => File.WriteAllText(
        Path.Combine(textModel, "generation_config.json"), $$"""{"top_k": 20, "eos_token_id": [1, {{string.Join(", ", Enumerable.Range(148, 256))}}]}""");

    private Task<LtxPipeline> LoadAsync(int threads = 0, WeightResidencyMode residency = WeightResidencyMode.Auto) =>
        LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = _folder.Path, Threads = threads, Residency = residency });

    private sealed class SynchronousProgress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
