using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>A copy of the demo model that a test adds files to.</summary>
internal sealed class DemoModelCopy
{
    private readonly JsonObject _description = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(RepositoryPaths.DemoModel, "ltx-model.json")))!.AsObject();

    /// <summary>Copies the model without its examples.</summary>
    /// <param name="path">The folder, which may exist.</param>
    /// <param name="cameraLoras">Camera LoRAs that the description names; each is expected as <c>NAME.safetensors</c>.</param>
    public DemoModelCopy(string path, params string[] cameraLoras)
    {
        Path = path;
        Directory.CreateDirectory(System.IO.Path.Combine(path, "gemma"));
        foreach (string file in Directory.EnumerateFiles(RepositoryPaths.DemoModel, "*.safetensors").Concat(Directory.EnumerateFiles(System.IO.Path.Combine(RepositoryPaths.DemoModel, "gemma"))))
        {
            File.Copy(file, System.IO.Path.Combine(path, System.IO.Path.GetRelativePath(RepositoryPaths.DemoModel, file)));
        }

        foreach (string name in cameraLoras)
        {
            _description["files"]!["camera_loras"]![name] = name + ".safetensors";
        }

        WriteDescription();
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Sets one of the defaults of <c>ltx-model.json</c>.</summary>
    public void SetDefault(string name, int value)
    {
        _description["defaults"]![name] = value;
        WriteDescription();
    }

    /// <summary>Writes a LoRA of rank 2 on the feed-forward of every block, with random values; its product is of the given size.</summary>
    /// <param name="path">The file, whose folder exists.</param>
    /// <param name="scale">0 for a LoRA that changes nothing.</param>
    public void WriteLora(string path, float scale)
    {
        const string Prefix = "model.diffusion_model.";
        using SafetensorsFile model = SafetensorsFile.Open(System.IO.Path.Combine(Path, "model.safetensors"));
        List<(string Name, TensorShape Shape, float Scale)> tensors = [];
        foreach (StoredTensor weight in model.Tensors.Values.Where(t => t.Name.StartsWith(Prefix + "transformer_blocks.", StringComparison.Ordinal) && t.Name.EndsWith(".ff.net.2.weight", StringComparison.Ordinal)))
        {
            string module = "diffusion_model." + weight.Name[Prefix.Length..^".weight".Length];
            tensors.Add((module + ".lora_A.weight", new TensorShape(2, weight.Shape[1]), 1));
            tensors.Add((module + ".lora_B.weight", new TensorShape(weight.Shape[0], 2), scale));
        }

        Random random = new(1);
        using SafetensorsWriter writer = new(path, [.. tensors.Select(t => (t.Name, DataType.Float32, t.Shape))]);
        foreach ((_, TensorShape shape, float factor) in tensors)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (float)((random.NextDouble() * 2) - 1) * factor)];
            writer.Append(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        writer.Complete();
    }

    private void WriteDescription() => File.WriteAllText(System.IO.Path.Combine(Path, "ltx-model.json"), _description.ToJsonString());
}
