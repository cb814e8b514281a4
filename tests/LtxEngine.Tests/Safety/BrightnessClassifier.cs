using System.Text.Json.Nodes;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Tests.Safety;

/// <summary>A classifier with the labels "dark" and "bright": it looks at the mean m of all values, its outputs are 10 − 20m and 20m − 10.</summary>
internal static class BrightnessClassifier
{
    public const int Size = 8;

    public static JsonObject Description => new()
    {
        ["file"] = "brightness.onnx",
        ["labels"] = new JsonArray("dark", "bright"),
        ["refused_labels"] = new JsonArray("bright"),
        ["threshold"] = 0.9,
    };

    public static void Write(string path, bool channelsLast = false, bool anySize = false)
    {
        OnnxGraphBuilder builder = new("brightness");
        GraphDimension height = anySize ? "height" : Size;
        GraphDimension width = anySize ? "width" : Size;
        GraphValue pixels = channelsLast ? builder.Input("pixels", DataType.Float32, "batch", height, width, 3) : builder.Input("pixels", DataType.Float32, 1, 3, height, width);
        GraphValue mean = builder.Reshape(builder.ReduceMean(pixels, keepDimensions: true, 1, 2, 3), 1, 1);
        GraphValue logits = builder.Add(builder.MatMul(mean, builder.Constant([-20, 20], 1, 2)), builder.Constant([10, -10], 1, 2));
        builder.Output("logits", logits, 1, 2);
        File.WriteAllBytes(path, builder.Build().Model);
    }

    public static DemoFolder Folder(Action<JsonObject>? change = null)
    {
        DemoFolder folder = new(description =>
        {
            JsonObject classifier = Description;
            change?.Invoke(classifier);
            description["files"]!["image_safety_classifier"] = classifier;
        });
        Write(folder["brightness.onnx"]);
        return folder;
    }
}
