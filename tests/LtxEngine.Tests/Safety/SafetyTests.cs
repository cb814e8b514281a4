using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Tests.Safety;

/// <summary>Requests with the safety checker on.</summary>
public sealed class SafetyTests
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { NumInferenceSteps = 1, GenerateAudio = false, EnableSafetyChecker = true };
    private static readonly ImageSource White = ImageSource.FromPixels(Enumerable.Repeat((byte)255, 3 * 32 * 32).ToArray(), 32, 32);
    private static readonly ImageSource Black = ImageSource.FromPixels(new byte[3 * 32 * 32], 32, 32);

    [Fact]
    public async Task A_prompt_is_refused_before_it_waits_and_only_where_the_checker_is_on()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        List<GenerationStage> stages = [];
        SafetyException refusal = await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateAsync(Request with { Prompt = "porn" }, new Recorder(stages)));

        Assert.Equal(("prompt", "explicit sexual content", null), (refusal.Field, refusal.Reason, refusal.Frame));
        Assert.Empty(stages);
        Assert.Equal(0, pipeline.LoadedNetworks);
        Assert.NotNull(await pipeline.GenerateAsync(Request with { Prompt = "porn", EnableSafetyChecker = false }));
    }

    [Fact]
    public async Task A_negative_prompt_may_name_what_is_not_wanted_unless_guidance_leads_towards_it()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        Assert.NotNull(await pipeline.GenerateAsync(Request with { NegativePrompt = "porn" }));

        SafetyException refusal = await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateAsync(Request with { NegativePrompt = "porn", GuidanceScale = 0 }));
        Assert.Equal("negative_prompt", refusal.Field);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("end_image")]
    [InlineData("images[1]")]
    public async Task An_image_is_refused_with_its_field_before_anything_is_denoised(string field)
    {
        using DemoFolder folder = BrightnessClassifier.Folder();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationRequest dark = Request with { Image = Black, EndImage = Black, Images = [new FrameImage(Black, 2), new FrameImage(Black, 3)], Prompt = "a night sky" };
        GenerationRequest request = field switch
        {
            "image" => dark with { Image = White },
            "end_image" => dark with { EndImage = White },
            _ => dark with { Images = [new FrameImage(Black, 2), new FrameImage(White, 3)] },
        };
        List<GenerationStage> stages = [];
        SafetyException refusal = await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateAsync(request, new Recorder(stages)));

        Assert.Equal(field, refusal.Field);
        Assert.Contains("\"bright\" with a score of 1.000", refusal.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(GenerationStage.Denoising, stages);
    }

    [Fact]
    public async Task A_clip_that_is_refused_leaves_no_file_and_no_frames()
    {
        using DemoFolder folder = BrightnessClassifier.Folder(classifier => classifier["threshold"] = 0);
        string output = Directory.CreateTempSubdirectory("ltx-safety-").FullName;
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationRequest saving = Request with { CheckpointDirectory = Path.Combine(output, "steps") };
        SafetyException refusal = await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateToFileAsync(saving, Path.Combine(output, "clip.mp4")));
        Assert.Equal(("output", 0), (refusal.Field, refusal.Frame));

        // What must not be shown does not stay as saved steps either.
        Assert.Empty(Directory.EnumerateFileSystemEntries(saving.CheckpointDirectory));
        Directory.Delete(saving.CheckpointDirectory);

        GenerationResult result = await pipeline.GenerateAsync(Request);
        await Assert.ThrowsAsync<SafetyException>(() => result.SaveAsync(Path.Combine(output, "clip.mp4")));
        await Assert.ThrowsAsync<SafetyException>(() => result.SaveFramesAsync(Path.Combine(output, "frames")));
        await Assert.ThrowsAsync<SafetyException>(async () => await result.GetFramesAsync().GetAsyncEnumerator().MoveNextAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(output));
        Directory.Delete(output);
    }

    [Fact]
    public async Task A_preview_that_would_be_refused_is_withheld_and_the_others_are_shown()
    {
        GenerationRequest request = Request with { NumInferenceSteps = 3, Previews = true };
        RecordingChecker checker = new(refusedImage: 2);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, SafetyChecker = checker });

        PreviewRecorder shown = new();
        Assert.NotNull(await pipeline.GenerateAsync(request, shown));

        // Each of the three is looked at, as the frame that it shows; the second one is refused.
        Assert.Equal(Enumerable.Repeat($"output {(request.NumFrames - 1) / 2}", 3), checker.Images);
        Assert.Equal([1, 3], shown.Steps);

        PreviewRecorder all = new();
        await pipeline.GenerateAsync(request with { EnableSafetyChecker = false }, all);
        Assert.Equal([1, 2, 3], all.Steps);
        Assert.Equal(3, checker.Images.Count);
    }

    [Fact]
    public async Task No_preview_of_a_clip_that_is_refused_gets_out()
    {
        using DemoFolder folder = BrightnessClassifier.Folder(classifier => classifier["threshold"] = 0);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        string output = Directory.CreateTempSubdirectory("ltx-safety-").FullName;
        PreviewRecorder shown = new();

        await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateToFileAsync(Request with { Previews = true }, Path.Combine(output, "clip.mp4"), progress: shown));

        Assert.Empty(shown.Steps);
        Directory.Delete(output);
    }

    [Fact]
    public async Task A_host_puts_its_own_checker_in_place_which_sees_everything()
    {
        RecordingChecker checker = new();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, SafetyChecker = checker });
        GenerationResult result = await pipeline.GenerateAsync(Request with { Prompt = "porn", Image = Black, EndImage = White, NumFrames = 30, EnablePromptExpansion = true });
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
        }

        // The demo's text model writes nothing usable, so the second look is at the same prompt.
        Assert.Equal(["prompt: porn", "prompt: porn"], checker.Texts);
        Assert.Equal(["end_image", "image", "output 0", "output 12", "output 24", "output 29"], checker.Images.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_refusal_of_the_hosts_checker_at_a_later_frame_ends_the_file()
    {
        string output = Directory.CreateTempSubdirectory("ltx-safety-").FullName;
        RecordingChecker checker = new(refusedFrame: 12);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, SafetyChecker = checker });
        SafetyException refusal = await Assert.ThrowsAsync<SafetyException>(
            () => pipeline.GenerateToFileAsync(Request with { NumFrames = 17 }, Path.Combine(output, "clip.mp4")));

        Assert.Equal(("output", 12, "because"), (refusal.Field, refusal.Frame, refusal.Reason));
        Assert.Empty(Directory.EnumerateFileSystemEntries(output));
        Directory.Delete(output);
    }

    [Fact]
    public async Task A_container_hands_its_checker_to_the_engine_unless_the_options_name_one()
    {
        RecordingChecker registered = new();
        ServiceCollection services = new();
        services.AddSingleton<ISafetyChecker>(registered);
        services.AddLtxEngine(DemoPipeline.Options);
        await using ServiceProvider provider = services.BuildServiceProvider();
        LtxPipeline pipeline = await provider.GetRequiredService<LtxPipelineHost>().GetPipelineAsync();
        await pipeline.GenerateAsync(Request);

        Assert.Equal([$"prompt: {Request.Prompt}"], registered.Texts);
    }

    [Fact]
    public async Task Without_a_classifier_prompts_are_checked_and_the_log_says_once_that_pictures_are_not()
    {
        Log log = new();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, LoggerFactory = log });
        Assert.DoesNotContain(log.Warnings, w => w.Contains("image classifier", StringComparison.Ordinal));
        await pipeline.GenerateAsync(Request with { Image = White });
        await pipeline.GenerateAsync(Request with { Image = White });

        Assert.Single(log.Warnings, w => w.Contains("no image classifier", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_folders_rules_or_the_hosts_replace_the_shipped_ones()
    {
        using DemoFolder folder = new(description => description["files"]!["prompt_rules"] = "rules.txt");
        await File.WriteAllTextAsync(folder["rules.txt"], "[no boats here]\nboat\n");
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        Assert.Equal("no boats here", (await Assert.ThrowsAsync<SafetyException>(() => pipeline.GenerateAsync(Request))).Reason);
        Assert.NotNull(await pipeline.GenerateAsync(Request with { Prompt = "porn" }));

        await using LtxPipeline own = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path, PromptRules = PromptRules.Parse("[no sails]\nsails") });
        Assert.Equal("no sails", (await Assert.ThrowsAsync<SafetyException>(() => own.GenerateAsync(Request))).Reason);
    }

    [Fact]
    public async Task Rules_or_a_classifier_that_cannot_be_used_let_nothing_through()
    {
        using DemoFolder rules = new(description => description["files"]!["prompt_rules"] = "rules.txt");
        await File.WriteAllTextAsync(rules["rules.txt"], "/(/\n");
        await using LtxPipeline first = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = rules.Path });
        Assert.Contains("line 1", (await Assert.ThrowsAsync<ModelFormatException>(() => first.GenerateAsync(Request))).Message, StringComparison.Ordinal);

        using DemoFolder classifier = BrightnessClassifier.Folder(c => c["labels"] = new JsonArray("dark", "bright", "third"));
        await using LtxPipeline second = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = classifier.Path });
        Assert.Contains("labels names 3", (await Assert.ThrowsAsync<ModelFormatException>(() => second.GenerateAsync(Request))).Message, StringComparison.Ordinal);
    }

    private sealed class RecordingChecker(int? refusedFrame = null, int? refusedImage = null) : ISafetyChecker
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        public ConcurrentQueue<string> Images { get; } = new();

        public ValueTask<SafetyVerdict> CheckTextAsync(string field, string text, CancellationToken cancellationToken = default)
        {
            Texts.Enqueue($"{field}: {text}");
            return ValueTask.FromResult(SafetyVerdict.Allowed);
        }

        public ValueTask<SafetyVerdict> CheckImageAsync(SafetyImage image, CancellationToken cancellationToken = default)
        {
            Assert.Equal(3 * image.Width * image.Height, image.Pixels.Length);
            Images.Enqueue(image.Frame is { } frame ? $"{image.Field} {frame}" : image.Field);
            bool isRefused = (image.Frame is not null && image.Frame == refusedFrame) || Images.Count == refusedImage;
            return ValueTask.FromResult(isRefused ? SafetyVerdict.Refused("because") : SafetyVerdict.Allowed);
        }
    }

    /// <summary>The steps of which a picture was shown.</summary>
    private sealed class PreviewRecorder : IProgress<GenerationProgress>
    {
        public List<int> Steps { get; } = [];

        public void Report(GenerationProgress value)
        {
            if (value.Preview is not null)
            {
                Steps.Add(value.Step);
            }
        }
    }

    private sealed class Recorder(List<GenerationStage> stages) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => stages.Add(value.Stage);
    }

    private sealed class Log : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = new();

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                Warnings.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
