using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Media.Images;
using LtxEngine.Prompting;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Prompting;

public sealed class PromptExpanderTests
{
    private const string Prompt = "a red fox in the snow";
    private static readonly string Folder = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "gemma");
    private static readonly GemmaConfiguration Configuration = GemmaConfiguration.Load(Path.Combine(Folder, "config.json"));
    private static readonly GemmaTokenizer Tokenizer = GemmaTokenizer.Load(Path.Combine(Folder, "tokenizer.json"));
    private static readonly PromptExpansionSettings Settings = PromptExpansionSettings.Read(Folder, Configuration);
    private static readonly int EndOfTurn = Tokenizer.FindToken("<end_of_turn>")!.Value;

    [Fact]
    public void Sampling_and_stop_ids_come_from_the_models_files()
    {
        Assert.Equal([1, EndOfTurn], Settings.StopIds);
        Assert.Equal(new TokenSamplingSettings { Temperature = 0.7, TopK = 64, TopP = 0.95 }, Settings.Sampling);
        Assert.Equal(512, Settings.MaximumNewTokens);
        PromptExpansionSettings demo = PromptExpansionSettings.Read(
            Path.Combine(RepositoryPaths.DemoModel, "gemma"), Configuration with { StopIds = [7] });
        Assert.Equal([7], demo.StopIds);
    }

    [Fact]
    public void The_answer_is_decoded_without_special_tokens_and_cleaned()
    {
        ScriptedTextModel model = new(Configuration, [.. Tokenizer.Encode("\n**A \u201Cred\u201D fox \u2014 runs. \n"), EndOfTurn]);
        PromptExpansion result = new PromptExpander(model, Tokenizer, Settings).Expand(Prompt, seed: 1);

        Assert.Equal("A \"red\" fox - runs.", result.Prompt);
        Assert.True(result.IsExpanded);
        Assert.Null(result.Warning);
        Assert.Equal(model.Asked.Count, result.GeneratedTokens);
        Assert.Equal(Tokenizer.Encode(ChatTemplate.Render(SystemPrompts.TextToVideo, Prompt)), model.Asked[0]);
        Assert.All(model.Asked.Skip(1), ids => Assert.Single(ids));
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData(" \n ", "nothing")]
    [InlineData("... 12 !", "no letter")]
    public void An_unusable_answer_gives_the_original_prompt_and_says_so(string answer, string says)
    {
        ScriptedTextModel model = new(Configuration, [.. Tokenizer.Encode(answer), EndOfTurn]);
        PromptExpansion result = new PromptExpander(model, Tokenizer, Settings).Expand(Prompt, seed: 1);

        Assert.Equal(Prompt, result.Prompt);
        Assert.False(result.IsExpanded);
        Assert.Contains(says, result.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_unusable_unless_the_limit_cut_them()
    {
        int loneByte = Tokenizer.FindToken("<0xE6>")!.Value;
        int[] words = Tokenizer.Encode("fox");
        ScriptedTextModel broken = new(Configuration, [.. words, loneByte, .. words, EndOfTurn]);
        Assert.False(new PromptExpander(broken, Tokenizer, Settings).Expand(Prompt, seed: 1).IsExpanded);

        ScriptedTextModel cut = new(Configuration, [.. words, loneByte]);
        PromptExpansion result = new PromptExpander(cut, Tokenizer, Settings with { MaximumNewTokens = words.Length + 1 }).Expand(Prompt, seed: 1);
        Assert.Equal("fox", result.Prompt);
        Assert.True(result.IsExpanded);
        Assert.Contains($"cut after {words.Length + 1} tokens", result.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_longer_than_the_text_encoder_reads_is_kept_without_running_the_model()
    {
        string longPrompt = string.Join(' ', Enumerable.Repeat("fox", 1100));
        ScriptedTextModel model = new(Configuration);
        PromptExpansion result = new PromptExpander(model, Tokenizer, Settings).Expand(longPrompt, seed: 1);

        Assert.Equal(longPrompt, result.Prompt);
        Assert.False(result.IsExpanded);
        Assert.Contains("1024", result.Warning, StringComparison.Ordinal);
        Assert.Empty(model.Asked);
    }

    [Fact]
    public void A_seed_draws_the_same_tokens_for_any_number_of_threads_and_another_seed_others()
    {
        (PromptExpansion Result, int[] Drawn)[] runs = [.. ((int[])[1, 2, 3, 5]).Select(threads => ExpandForReal(seed: 3, threads))];

        Assert.All(runs, run => Assert.Equal(runs[0].Result, run.Result));
        Assert.All(runs, run => Assert.Equal(runs[0].Drawn, run.Drawn));
        Assert.NotEqual(runs[0].Drawn, ExpandForReal(seed: 4, threads: 2).Drawn);
        Assert.InRange(runs[0].Result.GeneratedTokens, 8, 24);
    }

    [Fact]
    public void Progress_counts_layers_of_every_token()
    {
        List<PromptExpansionProgress> reports = [];
        (PromptExpansion result, _) = ExpandForReal(seed: 3, threads: 1, new Recorder(reports));

        int layers = Configuration.LayerCount;
        Assert.Equal(layers * result.GeneratedTokens, reports.Count);
        Assert.Equal(new PromptExpansionProgress(0, 24, 1, layers), reports[0]);
        Assert.Equal(new PromptExpansionProgress(result.GeneratedTokens - 1, 24, layers, layers), reports[^1]);
    }

    [Fact]
    public void Cancelling_ends_within_the_token()
    {
        using CancellationTokenSource source = new();
        List<PromptExpansionProgress> reports = [];
        Recorder recorder = new(reports, () => source.Cancel());

        Assert.ThrowsAny<OperationCanceledException>(() => ExpandForReal(seed: 3, threads: 1, recorder, source.Token));
        Assert.Single(reports);
    }

    [Fact]
    public void With_a_vision_tower_the_image_takes_the_templates_places()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        using GemmaVisionTower tower = new(Configuration, checkpoint);
        ScriptedTextModel model = new(Configuration, [.. Tokenizer.Encode("fox"), EndOfTurn]);
        RgbImage image = TestImage(20, 30);

        // The prompt spells soft tokens of its own: they are not the image's.
        PromptExpansion result = new PromptExpander(model, Tokenizer, Settings, tower).Expand("a <image_soft_token>", seed: 1, image);

        Assert.Null(result.Warning);
        ImageTokens tokens = Assert.IsType<ImageTokens>(model.Image);
        Assert.Equal(Tokenizer.FindToken("<start_of_image>"), model.Asked[0][tokens.Start - 1]);
        Assert.Equal(Tokenizer.FindToken("<end_of_image>"), model.Asked[0][tokens.Start + tokens.Count]);
        HostTensor expected = tower.Encode(VisionPreprocessor.Prepare(image, tower.ImageSize)).Tokens;
        Assert.Equal(expected.Data, tokens.Vectors.Data);
    }

    [Fact]
    public void The_image_changes_what_the_model_writes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        using GemmaVisionTower tower = new(Configuration, checkpoint);
        int[][] drawn = [.. ((RgbImage[])[TestImage(40, 20), TestImage(40, 20), new RgbImage(8, 8, new byte[192])]).Select(image =>
        {
            using RecordingTextModel model = new(new GemmaTextModel(Configuration, checkpoint));
            _ = new PromptExpander(model, Tokenizer, Settings with { MaximumNewTokens = 16 }, tower).Expand(Prompt, seed: 1, image);
            return model.Drawn.ToArray();
        })];

        Assert.Equal(drawn[0], drawn[1]);
        Assert.NotEqual(drawn[0], drawn[2]);
    }

    [Fact]
    public void Without_a_vision_tower_the_prompt_is_expanded_unseen_and_says_so()
    {
        ScriptedTextModel model = new(Configuration, [.. Tokenizer.Encode("fox"), EndOfTurn]);
        PromptExpansion result = new PromptExpander(model, Tokenizer, Settings).Expand(Prompt, seed: 1, TestImage(4, 4));

        Assert.True(result.IsExpanded);
        Assert.Contains("without seeing the image", result.Warning, StringComparison.Ordinal);
        Assert.Null(model.Image);
    }

    [Fact]
    public void System_prompts_are_one_text_each_that_ends_with_one_line_feed()
    {
        foreach (string text in (string[])[SystemPrompts.TextToVideo, SystemPrompts.ImageToVideo])
        {
            Assert.InRange(Tokenizer.Encode(text).Length, 100, 2000);
            Assert.EndsWith(".\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain('\r', text);
            Assert.DoesNotContain('<', text);
        }
    }

    private static RgbImage TestImage(int width, int height) =>
        new(width, height, Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 37)).ToArray());

    private static (PromptExpansion Result, int[] Drawn) ExpandForReal(
        long seed, int threads, IProgress<PromptExpansionProgress>? progress = null, CancellationToken token = default)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        GraphSessionOptions options = GraphSessionOptions.Default with { ThreadCount = threads };
        using RecordingTextModel model = new(new GemmaTextModel(Configuration, checkpoint, sessionOptions: options));
        PromptExpander expander = new(model, Tokenizer, Settings with { MaximumNewTokens = 24 });
        return (expander.Expand(Prompt, seed, image: null, progress, token), [.. model.Drawn]);
    }

    private sealed class Recorder(List<PromptExpansionProgress> reports, Action? then = null) : IProgress<PromptExpansionProgress>
    {
        public void Report(PromptExpansionProgress value)
        {
            reports.Add(value);
            then?.Invoke();
        }
    }
}
