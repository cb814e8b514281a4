using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>A copy of the demo model's folder with another description, and LoRA files for it.</summary>
internal sealed class DemoFolder : IDisposable
{
    private const string Prefix = "model.diffusion_model.";

    public DemoFolder(Action<JsonObject>? change = null)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "gemma"));
        foreach (string file in Directory.EnumerateFiles(RepositoryPaths.DemoModel, "*.safetensors").Concat(Directory.EnumerateFiles(System.IO.Path.Combine(RepositoryPaths.DemoModel, "gemma"))))
        {
            File.Copy(file, this[System.IO.Path.GetRelativePath(RepositoryPaths.DemoModel, file)]);
        }

        JsonObject description = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(RepositoryPaths.DemoModel, "ltx-model.json")))!.AsObject();
        change?.Invoke(description);
        File.WriteAllText(this["ltx-model.json"], description.ToJsonString());
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "ltx-demo-" + Guid.NewGuid().ToString("N"));

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a LoRA of rank 2 of the self-attention queries of every block, and any further tensors.</summary>
    public static void WriteLora(string path, float scale, params (string Name, TensorShape Shape)[] further)
    {
        using SafetensorsFile model = SafetensorsFile.Open(System.IO.Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));
        List<(string Name, TensorShape Shape, float Scale)> tensors = [];
        foreach (StoredTensor weight in model.Tensors.Values.Where(t => t.Name.StartsWith(Prefix + "transformer_blocks.", StringComparison.Ordinal) && t.Name.EndsWith(".attn1.to_q.weight", StringComparison.Ordinal)))
        {
            string module = "diffusion_model." + weight.Name[Prefix.Length..^".weight".Length];
            tensors.Add((module + ".lora_A.weight", new TensorShape(2, weight.Shape[1]), 1));
            tensors.Add((module + ".lora_B.weight", new TensorShape(weight.Shape[0], 2), scale));
        }

        tensors.AddRange(further.Select(tensor => (tensor.Name, tensor.Shape, 1f)));
        Random random = new(1);
        using SafetensorsWriter writer = new(path, [.. tensors.Select(t => (t.Name, DataType.Float32, t.Shape))], overwrite: true);
        foreach ((_, TensorShape shape, float factor) in tensors)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (float)((random.NextDouble() * 2) - 1) * factor)];
            writer.Append(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        writer.Complete();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
