using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Onnx;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Graphs.Tests.Building;

public sealed class OnnxGraphBuilderTests
{
    private static string Checkpoint => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "model.safetensors");

    [Fact]
    public void A_stored_bf16_weight_is_external_data_and_gives_the_checkpoints_values()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Checkpoint);
        StoredTensor stored = file.Tensors["vae.encoder.conv_in.conv.bias"];
        OnnxGraphBuilder builder = new("bias");
        GraphValue x = builder.Input("x", DataType.Float32, "n", 1);
        builder.Output("y", builder.Add(x, builder.Weight(stored)), "n", stored.Shape[0]);
        OnnxGraph graph = builder.Build();

        Assert.Equal(Path.GetDirectoryName(Checkpoint), graph.WeightsFolder);
        TensorProto initializer = Assert.Single(ModelProto.Parser.ParseFrom(graph.Model).Graph.Initializer);
        Assert.Equal("vae.encoder.conv_in.conv.bias", initializer.Name);
        Assert.Equal(TensorProto.Types.DataLocation.External, initializer.DataLocation);
        Assert.False(initializer.HasRawData);

        using GraphSession session = GraphSession.Create(graph);
        HostTensor y = session.RunSingle(new Dictionary<string, GraphTensor> { ["x"] = new HostTensor(new TensorShape(2, 1), [0, 100]) });
        float[] values = stored.ToFloat32Array();
        Assert.Equal(values, y.Data[..values.Length]);
        Assert.Equal(values.Select(v => v + 100), y.Data[values.Length..]);
    }

    [Fact]
    public void A_checkpoint_tensor_can_be_an_input_without_a_copy()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Checkpoint);
        StoredTensor stored = file.Tensors["vae.encoder.conv_in.conv.bias"];
        OnnxGraphBuilder builder = new("cast");
        builder.Output("y", builder.Cast(builder.Input("w", DataType.BFloat16, "n"), DataType.Float32), "n");
        using GraphSession session = GraphSession.Create(builder.Build());
        Assert.Equal(stored.ToFloat32Array(), session.RunSingle(new Dictionary<string, GraphTensor> { ["w"] = stored }).Data);
    }

    [Fact]
    public void Operations_compute_what_they_say()
    {
        OnnxGraphBuilder builder = new("operations");
        GraphValue x = builder.Input("x", DataType.Float32, 2, 3);
        using (builder.Scope("outer"))
        {
            using (builder.Scope("inner"))
            {
                Assert.StartsWith("outer.inner/Add", builder.Add(x, x).Name, StringComparison.Ordinal);
            }
        }

        builder.Output("rms", builder.RmsNormalize(x, 1, 1e-6f), 2, 3);
        builder.Output("edge", builder.Pad(x, PaddingMode.Edge, [1], [2], [1]), 2, 6);
        builder.Output("reflect", builder.Pad(x, PaddingMode.Reflect, [-1], [1], [1]), 2, 5);
        builder.Output("slice", builder.Slice(x, 1, 1, long.MaxValue), 2, 2);
        builder.Output("linear", builder.Linear(x, builder.Constant([1, 0, 0, 0, 1, 1], 2, 3), builder.Constant([10, 20], 2)), 2, 2);
        builder.Output("reshape", builder.Reshape(x, builder.ExtentOf(x, 1), -1), 3, 2);
        builder.Output("silu", builder.Silu(x), 2, 3);
        builder.Output("nearest", builder.ResizeNearest(x, 1, 2), 2, 6);
        using GraphSession session = GraphSession.Create(builder.Build());
        HostTensor input = new(new TensorShape(2, 3), [1, 2, 3, 4, 5, 6]);
        IReadOnlyDictionary<string, HostTensor> results = session.Run(new Dictionary<string, GraphTensor> { ["x"] = input });
        Assert.Equal([1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6], results["edge"].Data);
        Assert.Equal([2, 1, 2, 3, 2, 5, 4, 5, 6, 5], results["reflect"].Data);
        Assert.Equal([2, 3, 5, 6], results["slice"].Data);
        Assert.Equal([11, 25, 14, 31], results["linear"].Data);
        Assert.Equal(new TensorShape(3, 2), results["reshape"].Shape);
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], results["nearest"].Data);
        double first = 1 / Math.Sqrt((14 / 3.0) + 1e-6);
        Assert.Equal(first, results["rms"].Data[0], 1e-6);
        Assert.Equal(2 / (1 + Math.Exp(-2)), results["silu"].Data[1], 1e-6);
    }

    [Fact]
    public void A_tap_is_an_output_only_when_asked_for()
    {
        Assert.Single(Build(null).Outputs);
        OnnxGraph graph = Build(new HashSet<string> { "middle" });
        Assert.Equal(["middle", "y"], graph.Outputs.Select(o => o.Name));
        Assert.Throws<InvalidOperationException>(() => Build(new HashSet<string> { "nowhere" }));

        static OnnxGraph Build(IReadOnlySet<string>? taps)
        {
            OnnxGraphBuilder builder = new("taps", taps: taps);
            GraphValue middle = builder.Negate(builder.Input("x", DataType.Float32, "n"));
            builder.Tap("middle", middle, "n");
            builder.Output("y", builder.Absolute(middle), "n");
            return builder.Build();
        }
    }

    [Fact]
    public void Mistakes_are_named_while_building()
    {
        OnnxGraphBuilder builder = new("mistakes");
        GraphValue x = builder.Input("x", DataType.Float32, "n");
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => builder.Add(x, builder.Integers(1))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => builder.Input("x", DataType.Float32, "n"));
        Assert.Throws<ArgumentException>(() => builder.Constant([1, 2], 3));
        Assert.Throws<InvalidOperationException>(() => builder.Build());
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxGraphBuilder("type", DataType.Int64));
    }
}
