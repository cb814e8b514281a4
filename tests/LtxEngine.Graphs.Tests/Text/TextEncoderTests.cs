using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Graphs.Tests.Text;

public sealed class TextEncoderTests
{
    private const string Prompt = "A red fox walks slowly through a snow-covered forest; wind whistles through the trees.";
    private static readonly string Gemma = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "gemma");
    private static readonly string Model = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "model.safetensors");

    [Fact]
    public void A_context_never_depends_on_the_number_of_threads()
    {
        (float[] Video, float[] Audio)[] results = [.. ((int[])[1, 2, 3, 5]).Select(threads =>
        {
            using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
            using TextEncoder encoder = TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions
            {
                Length = 256,
                Session = GraphSessionOptions.Default with { ThreadCount = threads },
            });
            TextContext context = encoder.Encode(Prompt);
            return (context.Video.Data, context.Audio!.Data);
        })];

        Assert.All(results, r => Assert.True(r.Video.AsSpan().SequenceEqual(results[0].Video)));
        Assert.All(results, r => Assert.True(r.Audio.AsSpan().SequenceEqual(results[0].Audio)));
        Assert.All(results[0].Video, v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Threads_are_limited_by_the_narrowest_layer_only()
    {
        GraphSessionOptions five = GraphSessionOptions.Default with { ThreadCount = 5 };

        Assert.Same(five, TextGraphThreads.Limit(five, 3840, 15360, 2048));
        Assert.Equal(2, TextGraphThreads.Limit(five, 3840, 192).ThreadCount);
        Assert.Equal(1, TextGraphThreads.Limit(five, 64).ThreadCount);
    }

    [Fact]
    public void A_context_never_depends_on_what_it_is_encoded_with()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        using TextEncoder together = TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions { Length = 128 });
        using TextEncoder alone = TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions { Length = 128 });

        IReadOnlyList<TextContext> contexts = together.Encode(["", Prompt, "worst quality", Prompt]);

        Assert.Equal(4, contexts.Count);
        Assert.Same(contexts[1], contexts[3]);
        Assert.Equal(1, contexts[0].TokenCount);
        Assert.True(contexts[0].Video.Data.AsSpan().SequenceEqual(alone.Encode(string.Empty).Video.Data));
        Assert.True(contexts[1].Video.Data.AsSpan().SequenceEqual(alone.Encode(Prompt).Video.Data));
        Assert.True(contexts[2].Audio!.Data.AsSpan().SequenceEqual(alone.Encode("worst quality").Audio!.Data));
    }

    [Fact]
    public void Contexts_are_kept_for_the_prompts_used_last()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        using TextEncoder encoder = TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions { Length = 128, CacheCapacity = 2 });
        List<TextEncodingProgress> reports = [];

        TextContext first = encoder.Encode(["one"], new Recorder(reports))[0];
        Assert.Equal(new TextEncodingProgress(11, 11), reports[^1]);
        Assert.Equal(11, reports.Count);
        Assert.Same(first, encoder.Encode(["one"], new Recorder(reports))[0]);
        Assert.Equal(11, reports.Count);
        TextContext second = encoder.Encode("two");
        encoder.Encode("one");
        encoder.Encode("three");

        Assert.Equal(2, encoder.CachedCount);
        Assert.Same(first, encoder.Encode("one"));
        Assert.NotSame(second, encoder.Encode("two"));
        Assert.True(second.Video.Data.AsSpan().SequenceEqual(encoder.Encode("two").Video.Data));
    }

    [Fact]
    public void A_cancelled_encoding_ends_at_once_and_leaves_the_encoder_usable()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        using TextEncoder encoder = TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions { Length = 128 });
        using CancellationTokenSource cancellation = new();
        List<TextEncodingProgress> reports = [];
        Recorder recorder = new(reports, () =>
        {
            if (reports.Count == 3)
            {
                cancellation.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(() => encoder.Encode(["a fox"], recorder, cancellation.Token));

        Assert.Equal(3, reports.Count);
        Assert.Equal(0, encoder.CachedCount);
        Assert.Equal([128, 96], encoder.Encode("a fox").Video.Shape.Dimensions);
    }

    [Fact]
    public void A_length_that_is_no_multiple_of_the_registers_is_refused()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);

        ArgumentException error = Assert.Throws<ArgumentException>(() => TextEncoder.Open(Gemma, checkpoint, new TextEncoderOptions { Length = 100 }));

        Assert.Contains("128", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_model_of_another_width_is_refused_with_all_problems()
    {
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(Gemma, "config.json")) with { LayerCount = 8, IntermediateSize = 200 };
        using Checkpoint tensors = Checkpoint.Open(Gemma);

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => new GemmaTextModel(configuration, tensors));

        Assert.Contains("layers.0.mlp.gate_proj.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("layers.7.input_layernorm.weight' is missing", error.Message, StringComparison.Ordinal);
        Assert.Equal((7 * 3) + 13, error.Problems.Count);
    }

    [Fact]
    public void A_checkpoint_without_token_embedding_is_no_text_model()
    {
        using SafetensorsFile tensors = SafetensorsFile.Open(Model);

        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => new GemmaTextModel(GemmaConfiguration.Load(Path.Combine(Gemma, "config.json")), tensors));

        Assert.Contains("embed_tokens.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_outside_the_table_is_refused_before_anything_runs()
    {
        using Checkpoint tensors = Checkpoint.Open(Gemma);
        using GemmaTextModel model = new(GemmaConfiguration.Load(Path.Combine(Gemma, "config.json")), tensors);

        Assert.Throws<ArgumentException>(() => model.Prefill([[2, 100_000]], (_, _, _) => Assert.Fail("ran")));
        Assert.Throws<ArgumentException>(() => model.Prefill([[]], (_, _, _) => Assert.Fail("ran")));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(5)]
    public void Decoding_token_by_token_equals_running_the_whole_text(int window)
    {
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(Gemma, "config.json")) with { SlidingWindow = window };
        using Checkpoint tensors = Checkpoint.Open(Gemma);
        using GemmaTextModel model = new(configuration, tensors);
        int[] ids = [2, 500, 17, 900, 43, 700, 701, 702, 33, 1000, 5, 600];

        float[] whole = model.Decode(ids, model.CreateCache());
        using KeyValueCache cache = model.CreateCache();
        float[] stepwise = model.Decode(ids[..4], cache);
        foreach (int id in ids[4..])
        {
            stepwise = model.Decode([id], cache);
        }

        Assert.Equal(ids.Length, cache.TokenCount);
        Assert.Equal(1216, whole.Length);
        for (int i = 0; i < whole.Length; i++)
        {
            Assert.Equal(whole[i], stepwise[i], 1e-3f * whole.Max(MathF.Abs));
        }
    }

    [Fact]
    public void The_projection_gives_the_same_sums_in_one_group_of_states_and_in_many()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        Random random = new(3);
        HostTensor[] states = [.. Enumerable.Range(0, 8).Select(_ => new HostTensor(
            new TensorShape(5, 96), [.. Enumerable.Range(0, 5 * 96).Select(_ => (float)(random.NextDouble() - 0.5))]))];

        HostTensor whole = Project(TextFeatureProjection.PendingLimit, 8);
        HostTensor parts = Project(3 * 5 * 96 * sizeof(float), 3);

        Assert.Equal(whole.Shape, parts.Shape);
        for (int i = 0; i < whole.Data.Length; i++)
        {
            Assert.Equal(whole.Data[i], parts.Data[i], 1e-4f * whole.Data.Max(MathF.Abs));
        }

        HostTensor Project(long limit, int groupSize)
        {
            using TextFeatureProjection projection = new(checkpoint, 96, 8, maximumTokens: 5, pendingLimit: limit);
            Assert.Equal(groupSize, projection.GroupSize);
            using TextFeatureAccumulator accumulator = projection.Begin([5], CancellationToken.None);
            for (int i = 0; i < states.Length; i++)
            {
                accumulator.Add(0, i, states[i]);
            }

            return accumulator.Finish()[0];
        }
    }

    [Fact]
    public void States_out_of_turn_and_unfinished_sums_are_refused()
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        using TextFeatureProjection projection = new(checkpoint, 96, 8, 128);
        using TextFeatureAccumulator accumulator = projection.Begin([2, 3], CancellationToken.None);

        accumulator.Add(0, 0, HostTensor.Zeros(2, 96));
        Assert.Throws<ArgumentException>(() => accumulator.Add(0, 1, HostTensor.Zeros(2, 96)));
        Assert.Throws<ArgumentException>(() => accumulator.Add(1, 0, HostTensor.Zeros(2, 96)));
        Assert.Throws<InvalidOperationException>(accumulator.Finish);
    }

    [Fact]
    public void The_graphs_load_from_exported_files()
    {
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(Gemma, "config.json"));
        using SafetensorsFile checkpoint = SafetensorsFile.Open(Model);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-text-");
        try
        {
            foreach (OnnxGraph graph in TextGraphs.Build(configuration, checkpoint))
            {
                string path = GraphExporter.Export(graph, folder.FullName);
                using GraphSession session = GraphSession.Create(graph with { Model = File.ReadAllBytes(path) });
                Assert.Equal(graph.Inputs, session.Inputs);
            }

            Assert.Equal(
                ["gemma_layer.onnx", "text_audio_connector_block.onnx", "text_feature_projection.onnx", "text_video_connector_block.onnx"],
                folder.GetFiles().Select(f => f.Name).Order(StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Recorder(List<TextEncodingProgress> reports, Action? then = null) : IProgress<TextEncodingProgress>
    {
        public void Report(TextEncodingProgress value)
        {
            reports.Add(value);
            then?.Invoke();
        }
    }
}
