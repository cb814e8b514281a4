using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Tests.Text;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Pipeline;

/// <summary>The text model on our own kernels beside the layer graph, its reference.</summary>
[Collection(nameof(DeviceTextModelTests))]
[CollectionDefinition(nameof(DeviceTextModelTests), DisableParallelization = true)]
public sealed class DeviceTextModelTests(ITestOutputHelper output)
{
    // fp32 sums in another order, which the random weights of the small model enlarge: the largest seen is 6e-6.
    private const double Limit = 2e-5;

    private static readonly int[] Ids = [2, 500, 17, 900, 43, 700, 701, 702, 33, 1000, 5, 600];

    private static string Tiny => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "gemma");

    private static string Demo => Path.Combine(RepositoryPaths.DemoModel, "gemma");

    [Theory]
    [InlineData(false, 4096)]
    [InlineData(false, 5)]
    [InlineData(true, 1024)]
    public void Hidden_states_are_those_of_the_graph(bool ofDemo, int window)
    {
        string folder = ofDemo ? Demo : Tiny;
        GemmaConfiguration configuration = Configuration(folder) with { SlidingWindow = window };
        using Checkpoint tensors = Checkpoint.Open(folder);
        int[][] prompts = [[.. Enumerable.Range(0, 70).Select(i => 2 + (i * 37 % 1000))], Ids, [2]];
        using CpuComputeDevice device = new(2);
        using DeviceTextModel kernels = new(configuration, tensors, device);
        using GemmaTextModel graph = new(configuration, tensors);
        float[][][] actual = States(kernels, prompts);
        float[][][] expected = States(graph, prompts);
        double largest = 0;
        for (int prompt = 0; prompt < prompts.Length; prompt++)
        {
            Assert.Equal(configuration.LayerCount + 1, actual[prompt].Length);
            Assert.Equal(expected[prompt][0], actual[prompt][0]);
            for (int state = 1; state < actual[prompt].Length; state++)
            {
                largest = Math.Max(largest, RelativeError(expected[prompt][state], actual[prompt][state]));
            }
        }

        output.WriteLine($"{largest:E2}");
        Assert.InRange(largest, 0, Limit);
    }

    [Fact]
    public void Logits_behind_an_image_are_those_of_the_graph()
    {
        GemmaConfiguration configuration = Configuration(Tiny) with { SlidingWindow = 7 };
        using Checkpoint tensors = Checkpoint.Open(Tiny);
        Random random = new(1);
        HostTensor vectors = HostTensor.Zeros(4, configuration.HiddenSize);
        Span<float> values = vectors.Data;
        foreach (ref float value in values)
        {
            value = random.NextSingle() - 0.5f;
        }

        ImageTokens image = new(3, vectors);
        using CpuComputeDevice device = new(2);
        using DeviceTextModel kernels = new(configuration, tensors, device);
        using GemmaTextModel graph = new(configuration, tensors);
        using KeyValueCache held = kernels.CreateCache();
        using KeyValueCache reference = graph.CreateCache();
        Assert.InRange(RelativeError(graph.Decode(Ids, reference, image), kernels.Decode(Ids, held, image)), 0, Limit);
        foreach (int id in new[] { 44, 45, 46 })
        {
            Assert.InRange(RelativeError(graph.Decode([id], reference), kernels.Decode([id], held)), 0, Limit);
        }

        Assert.Equal(Ids.Length + 3, held.TokenCount);
        Assert.Throws<ArgumentException>(() => kernels.Decode([2, 3], held, new ImageTokens(1, vectors)));
        Assert.Throws<ArgumentException>(() => kernels.Decode([], held));
        Assert.Throws<ArgumentException>(() => kernels.Decode([configuration.VocabularySize], held));
        Assert.Equal(Ids.Length + 3, held.TokenCount);
    }

    /// <summary>More tokens than a cache has room for at first, so that it grows.</summary>
    [Fact]
    public void Decoding_token_by_token_equals_running_the_whole_text()
    {
        GemmaConfiguration configuration = Configuration(Tiny) with { SlidingWindow = 100 };
        using Checkpoint tensors = Checkpoint.Open(Tiny);
        using CpuComputeDevice device = new(2);
        using DeviceTextModel model = new(configuration, tensors, device);
        int[] ids = [.. Enumerable.Range(0, 270).Select(i => 2 + (i * 37 % 1000))];
        using KeyValueCache wholeCache = model.CreateCache();
        float[] whole = model.Decode(ids, wholeCache);
        using KeyValueCache cache = model.CreateCache();
        float[] stepwise = model.Decode(ids[..250], cache);
        foreach (int id in ids[250..])
        {
            stepwise = model.Decode([id], cache);
        }

        Assert.Equal(ids.Length, cache.TokenCount);
        Assert.InRange(RelativeError(whole, stepwise), 0, Limit);
    }

    [Fact]
    public void Results_are_bit_identical_for_any_number_of_threads()
    {
        GemmaConfiguration configuration = Configuration(Demo);
        using Checkpoint tensors = Checkpoint.Open(Demo);
        int[][] prompts = [[.. Enumerable.Range(0, 300).Select(i => 2 + (i * 37 % 1000))], Ids];
        List<float[]> results = [];
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using CpuComputeDevice device = new(threads);
            using DeviceTextModel model = new(configuration, tensors, device);
            using KeyValueCache cache = model.CreateCache();
            float[] states = [.. States(model, prompts).SelectMany(prompt => prompt.SelectMany(state => state))];
            results.Add([.. states, .. model.Decode(Ids, cache), .. model.Decode([7], cache)]);
        }

        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    /// <summary>A prompt has the same states alone and beside others: contexts are cached by prompt.</summary>
    [Fact]
    public void Prompts_do_not_depend_on_their_neighbours()
    {
        using Checkpoint tensors = Checkpoint.Open(Demo);
        using CpuComputeDevice device = new(2);
        using DeviceTextModel model = new(Configuration(Demo), tensors, device);
        float[][][] together = States(model, [[2], Ids]);
        Assert.Equal(States(model, [[2]])[0], together[0]);
        Assert.Equal(States(model, [Ids])[0], together[1]);
    }

    [Fact]
    public void Cancelling_stops_within_the_layer()
    {
        using Checkpoint tensors = Checkpoint.Open(Demo);
        using CpuComputeDevice device = new(2);
        using DeviceTextModel model = new(Configuration(Demo), tensors, device);
        using CancellationTokenSource source = new();
        List<int> layers = [];
        CancelAfter progress = new(layers, 2, source);
        Assert.Throws<OperationCanceledException>(() => model.Prefill([Ids], (_, _, _) => { }, progress, source.Token));
        Assert.Equal([1, 2], layers);
        using KeyValueCache cache = model.CreateCache();
        Assert.Throws<OperationCanceledException>(() => model.Decode(Ids, cache, cancellationToken: source.Token));
        long before = device.AllocatedBytes;
        model.Prefill([Ids], (_, _, _) => { });
        Assert.Equal(before, device.AllocatedBytes);
    }

    [Fact]
    public void Memory_of_a_12B_wide_model_stays_far_below_one_layer()
    {
        const int Layers = 3;
        const long LayerBytes = 2L * 224_148_992;
        GemmaConfiguration configuration = TextModelFiles.Create12BWidth(Layers);
        string path = Path.Combine(Path.GetTempPath(), $"ltx-text-{Guid.NewGuid():N}.safetensors");
        try
        {
            TextModelFiles.Write(path, configuration, TextModelFiles.OneActiveLayer);
            List<float> channel = [];
            long growth;
            using (SafetensorsFile file = SafetensorsFile.Open(path))
            using (CpuComputeDevice device = new(2))
            using (DeviceTextModel model = new(configuration, file, device))
            using (PeakMemory memory = new())
            {
                model.Prefill([[7, 9, 7]], (_, _, state) => channel.AddRange([state.Data[5], state.Data[3840 + 5], state.Data[(2 * 3840) + 5]]));
                using KeyValueCache cache = model.CreateCache();
                _ = model.Decode([7], cache);
                _ = model.Decode([9], cache, observer: (_, _, state) => channel.Add(state.Data[5]));
                memory.Dispose();
                growth = memory.Growth;
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one layer as stored {LayerBytes / 1e6:F0} MB; private resident memory grew by {growth / 1e6:F0} MB at most"));
            float step = MathF.Sqrt(3840);
            Assert.Equal([0f, 0f, 0f, 0f, 0f, 0f], channel.Take(6));

            // The last norm divides by the root of the mean square, where the two values of the embedding are 62 and 124.
            float last = step / MathF.Sqrt(((62f * 62f) + (124f * 124f) + (step * step)) / 3840);
            Assert.Equal([step, -step, step, last, -last, last], channel.Skip(6).Take(6), Near);
            Assert.Equal([0f, 0f, -step, -last], channel.Skip(12), Near);
            if (PeakMemory.IsAvailable)
            {
                Assert.InRange(growth, 0, LayerBytes / 4);
            }
        }
        finally
        {
            File.Delete(path);
        }

        static bool Near(float a, float b) => Math.Abs(a - b) < 0.01f;
    }

    [Theory]
    [InlineData(TextModelExecution.Auto, true)]
    [InlineData(TextModelExecution.Kernels, true)]
    [InlineData(TextModelExecution.Graph, false)]
    public void The_switch_decides_and_both_ways_encode_alike(TextModelExecution execution, bool onKernels)
    {
        float[] expected = Encode(TextModelExecution.Graph, isOnKernels: false);
        float[] actual = Encode(execution, onKernels);
        Assert.InRange(RelativeError(expected, actual), onKernels ? double.Epsilon : 0, onKernels ? 1e-4 : 0);
    }

    [Fact]
    public void Saved_steps_are_told_apart_by_how_the_text_was_encoded()
    {
        ModelFiles files = ModelFiles.Read(RepositoryPaths.DemoModel);
        Assert.Equal(
            ["text_model"],
            RequestFingerprint.Differences(RequestFingerprint.Model(files, "cpu", textOnKernels: true), RequestFingerprint.Model(files, "cpu", textOnKernels: false)));
    }

    private static float[] Encode(TextModelExecution execution, bool isOnKernels)
    {
        using LoadedModel model = LoadedModel.Open(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, TextModel = execution }, new CpuComputeDevice(2));
        Assert.Equal(isOnKernels, model.TextOnKernels);
        using NetworkUse<TextEncoder> use = model.TextEncoder.Use(CancellationToken.None);
        Assert.Equal(isOnKernels, use.Network.Model is DeviceTextModel);
        return use.Network.Encode("a white boat sails on the blue sea").Video.Data;
    }

    private static GemmaConfiguration Configuration(string folder) => GemmaConfiguration.Load(Path.Combine(folder, "config.json"));

    /// <summary>The states of every prompt.</summary>
    private static float[][][] States(ITextModel model, int[][] prompts)
    {
        List<float[]>[] states = [.. prompts.Select(_ => new List<float[]>())];
        model.Prefill(prompts, (prompt, index, state) =>
        {
            Assert.Equal(states[prompt].Count, index);
            states[prompt].Add([.. state.Data]);
        });
        return [.. states.Select(s => s.ToArray())];
    }

    private static double RelativeError(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - (double)actual[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / size);
    }

    private sealed class CancelAfter(List<int> layers, int last, CancellationTokenSource source) : IProgress<int>
    {
        public void Report(int value)
        {
            layers.Add(value);
            if (value == last)
            {
                source.Cancel();
            }
        }
    }
}
