using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Onnx;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;
using LtxEngine.Testing;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Graphs.Tests.VideoVae;

public sealed class VideoVaeTests
{
    [Theory]
    [InlineData(false, 3, 3, 4)]
    [InlineData(false, 1, 2, 2)]
    [InlineData(true, 2, 4, 4)]
    public void Results_are_bit_identical_for_any_number_of_threads(bool demo, int frames, int height, int width)
    {
        using SafetensorsFile file = SafetensorsFile.Open(demo ? Path.Combine(RepositoryPaths.DemoModel, "model.safetensors") : TestCheckpoints.Model);
        HostTensor latent = TestTensors.Random(1, 1, VideoVaeConfiguration.Read(file).LatentChannels, frames, height, width);
        HostTensor video = TestTensors.Random(2, 1, 3, 1 + (8 * (frames - 1)), 32 * height, 32 * width);
        float[]? decoded = null;
        float[]? encoded = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            GraphSessionOptions options = new() { ThreadCount = threads };
            using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file, options);
            using VideoVaeEncoder encoder = VideoVaeEncoder.Load(file, options);
            float[] decodedNow = decoder.Decode(latent).Data;
            float[] encodedNow = encoder.Encode(video).Data;
            Assert.Equal(decoded ??= decodedNow, decodedNow);
            Assert.Equal(encoded ??= encodedNow, encodedNow);
        }
    }

    [Theory]
    [InlineData(new long[] { 1, 3, 9, 32 })]
    [InlineData(new long[] { 2, 3, 9, 32, 32 })]
    [InlineData(new long[] { 1, 4, 9, 32, 32 })]
    [InlineData(new long[] { 1, 3, 8, 32, 32 })]
    [InlineData(new long[] { 1, 3, 0, 32, 32 })]
    [InlineData(new long[] { 1, 3, 9, 0, 32 })]
    [InlineData(new long[] { 1, 3, 9, 33, 32 })]
    [InlineData(new long[] { 1, 3, 9, 32, 31 })]
    public void The_encoder_refuses_other_shapes_and_says_what_it_takes(long[] shape)
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeEncoder encoder = VideoVaeEncoder.Load(file);
        string message = Assert.Throws<ArgumentException>(() => encoder.Encode(HostTensor.Zeros(shape))).Message;
        Assert.Contains("multiples of 32", message, StringComparison.Ordinal);
        Assert.Contains(new TensorShape(shape).ToString(), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 8, 1, 2, 2 })]
    [InlineData(new long[] { 2, 8, 1, 2, 2 })]
    [InlineData(new long[] { 1, 7, 1, 2, 2 })]
    [InlineData(new long[] { 1, 8, 0, 2, 2 })]
    [InlineData(new long[] { 1, 8, 1, 1, 2 })]
    [InlineData(new long[] { 1, 8, 1, 2, 1 })]
    public void The_decoder_refuses_other_shapes_and_says_what_it_takes(long[] shape)
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        HostTensor latent = HostTensor.Zeros(shape);
        Assert.Contains("≥ 2", Assert.Throws<ArgumentException>(() => decoder.Decode(latent)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => decoder.DecodeStream(latent));
    }

    [Fact]
    public void Sizes_beyond_one_tensor_are_refused_before_anything_is_allocated()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        HostTensor huge = HostTensor.Zeros(1, 8, 2, 400, 400);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("smaller tiles", Assert.Throws<ArgumentException>(() => decoder.Decode(huge)).Message, StringComparison.Ordinal);
        Assert.Contains("TileSizeInFrames", Assert.Throws<ArgumentException>(() => decoder.DecodeStream(huge)).Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000);
    }

    [Fact]
    public void A_conditioned_decoder_needs_its_conditioning_and_fitting_noise()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Conditioned);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        HostTensor latent = TestTensors.Random(1, 1, 8, 1, 2, 2);
        Assert.Throws<ArgumentException>(() => decoder.Decode(latent));
        Assert.Throws<ArgumentException>(() => decoder.Decode(latent, new VideoDecodeConditioning { Noise = (_, _) => HostTensor.Zeros(1, 8, 1, 2, 3) }));
        HostTensor quiet = decoder.Decode(latent, new VideoDecodeConditioning { Noise = (_, shape) => HostTensor.Zeros(shape.Dimensions.AsSpan()) });
        HostTensor later = decoder.Decode(latent, new VideoDecodeConditioning { Timestep = 0.5f, Noise = (_, shape) => HostTensor.Zeros(shape.Dimensions.AsSpan()) });
        Assert.NotEqual(quiet.Data, later.Data);
    }

    [Fact]
    public void All_missing_and_misshapen_tensors_are_listed_at_once()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(file);
        string[] removed = ["vae.decoder.up_blocks.0.res_blocks.1.conv2.conv.bias", "vae.decoder.conv_out.conv.bias"];
        ModelFormatException missing = Assert.Throws<ModelFormatException>(() => VideoVaeGraphs.BuildDecoder(new Without(file, removed), configuration));
        Assert.Equal(2, missing.Problems.Count);
        Assert.All(removed, key => Assert.Contains(key, missing.Message, StringComparison.Ordinal));
        ModelFormatException misshapen = Assert.Throws<ModelFormatException>(
            () => VideoVaeGraphs.BuildEncoder(file, configuration with { EncoderOutChannels = 10 }));
        Assert.Contains("vae.encoder.conv_out.conv.weight", misshapen.Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => VideoVaeGraphs.BuildEncoder(file, configuration with { HasEncoder = false }));
    }

    [Fact]
    public void Names_follow_the_checkpoint_and_taps_cost_nothing_when_off()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(file);
        ModelProto plain = ModelProto.Parser.ParseFrom(VideoVaeGraphs.BuildDecoder(file, configuration).Model);
        ModelProto tapped = ModelProto.Parser.ParseFrom(
            VideoVaeGraphs.BuildDecoder(file, configuration, taps: new HashSet<string> { "conv_in", "up_blocks.6" }).Model);
        Assert.Single(plain.Graph.Output);
        Assert.Equal(3, tapped.Graph.Output.Count);
        Assert.Equal(plain.Graph.Node.Count + 6, tapped.Graph.Node.Count);
        Assert.Contains(plain.Graph.Node, n => n.OpType == "Conv" && n.Name.StartsWith("vae.decoder.up_blocks.2.res_blocks.0/Conv", StringComparison.Ordinal));
        Assert.All(
            plain.Graph.Initializer.Where(i => i.DataLocation == TensorProto.Types.DataLocation.External),
            i => Assert.True(file.Tensors.ContainsKey(i.Name)));
        Assert.True(plain.CalculateSize() < 200_000);
    }

    [Fact]
    public void An_exported_graph_lies_beside_its_checkpoint_and_runs_in_a_fresh_session()
    {
        string folder = Directory.CreateTempSubdirectory("ltx-export-").FullName;
        try
        {
            string copy = Path.Combine(folder, "vae.safetensors");
            File.Copy(TestCheckpoints.Model, copy);
            using SafetensorsFile file = SafetensorsFile.Open(copy);
            OnnxGraph graph = VideoVaeGraphs.BuildDecoder(file, VideoVaeConfiguration.Read(file));
            string path = GraphExporter.Export(graph);
            Assert.Equal(Path.Combine(folder, "video_vae_decoder.onnx"), path);
            Assert.Equal(2, Directory.GetFiles(folder).Length);
            Assert.Throws<IOException>(() => GraphExporter.Export(graph));
            GraphExporter.Export(graph, overwrite: true);
            Assert.Throws<ArgumentException>(() => GraphExporter.Export(graph, Path.GetTempPath()));

            HostTensor latent = TestTensors.Random(3, 1, 8, 2, 2, 2);
            using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
            using InferenceSession exported = new(path);
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(latent.Data, [1, 8, 2, 2, 2]);
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = exported.Run(run, ["latent"], [input], ["video"]);
            Assert.Equal(decoder.Decode(latent).Data, outputs[0].GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Half_precision_graphs_stay_close_to_fp32()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        OnnxGraph graph = VideoVaeGraphs.BuildDecoder(file, VideoVaeConfiguration.Read(file), DataType.Float16);
        HostTensor latent = TestTensors.Random(4, 1, 8, 1, 2, 2);
        using GraphSession session = GraphSession.Create(graph);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
        float[] half = session.RunSingle(new Dictionary<string, GraphTensor> { ["latent"] = latent }).Data;
        float[] full = decoder.Decode(latent).Data;
        double error = Math.Sqrt(full.Zip(half, (a, b) => ((double)a - b) * (a - b)).Sum() / full.Sum(a => (double)a * a));
        Assert.InRange(error, 1e-6, 1e-2);
    }

    private sealed class Without(ITensorCollection inner, string[] removed) : ITensorCollection
    {
        public IReadOnlyDictionary<string, StoredTensor> Tensors { get; } =
            inner.Tensors.Where(t => !removed.Contains(t.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, string> Metadata => inner.Metadata;
    }
}
