using System.Runtime.InteropServices;
using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Tensors;

namespace LtxEngine.Verification;

/// <summary>One reference case: the parsed <c>case.json</c> and its tensors.</summary>
internal sealed class ReferenceCase : IDisposable
{
    private readonly JsonDocument _document;
    private readonly SafetensorsFile? _tensors;

    private ReferenceCase(string root, string folder, JsonDocument document)
    {
        _document = document;
        Root = root;
        Folder = folder;
        JsonElement json = document.RootElement;
        Component = json.GetProperty("component").GetString() ?? throw new FormatException("component is null");
        Name = Path.GetFileName(folder);
        Parameters = json.TryGetProperty("parameters", out JsonElement parameters) ? parameters : default;
        Operation = Parameters.ValueKind == JsonValueKind.Object && Parameters.TryGetProperty("operation", out JsonElement operation)
            ? operation.GetString()
            : null;
        Checkpoints = ReadPaths(json, "checkpoint", root);
        Files = ReadPaths(json, "files", folder);
        Outputs = ReadOutputs(json);
        string tensors = Path.Combine(folder, "tensors.safetensors");
        _tensors = File.Exists(tensors) ? SafetensorsFile.Open(tensors) : null;
    }

    /// <summary>The folder that holds <c>cases</c> and <c>checkpoints</c>.</summary>
    public string Root { get; }

    /// <summary>The folder of this case.</summary>
    public string Folder { get; }

    /// <summary>The name of the case's folder. For people only: nothing is decided by it.</summary>
    public string Name { get; }

    /// <summary>The component.</summary>
    public string Component { get; }

    /// <summary><c>parameters.operation</c>, or null.</summary>
    public string? Operation { get; }

    /// <summary><c>parameters</c>; undefined when the case has none.</summary>
    public JsonElement Parameters { get; }

    /// <summary>Full paths of the checkpoints by role; a single unnamed checkpoint has the role <c>""</c>.</summary>
    public IReadOnlyDictionary<string, string> Checkpoints { get; }

    /// <summary>The single checkpoint's full path.</summary>
    public string Checkpoint => Checkpoints.TryGetValue(string.Empty, out string? path)
        ? path
        : throw new FormatException("The case names no single checkpoint.");

    /// <summary>Full paths of the files in the case's folder, by role.</summary>
    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>What the case demands.</summary>
    public IReadOnlyList<ExpectedOutput> Outputs { get; }

    /// <summary>Opens a case.</summary>
    /// <param name="root">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <param name="folder">The case's folder.</param>
    public static ReferenceCase Open(string root, string folder) =>
        new(root, folder, JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json"))));

    /// <summary>Whether the case has an input of this name.</summary>
    public bool HasInput(string name) => _tensors?.Tensors.ContainsKey("in." + name) == true;

    /// <summary>An input as floats; whole numbers are converted.</summary>
    public HostTensor Input(string name)
    {
        StoredTensor tensor = Stored("in." + name);
        float[] values = tensor.DataType == DataType.Int64 ? [.. IntegerInput(name).Select(v => (float)v)] : tensor.ToFloat32Array();
        return new HostTensor(tensor.Shape, values);
    }

    /// <summary>An integer input.</summary>
    public long[] IntegerInput(string name) => MemoryMarshal.Cast<byte, long>(Stored("in." + name).Bytes).ToArray();

    /// <summary>Names of all inputs, without prefix, in ordinal order.</summary>
    public IReadOnlyList<string> InputNames => _tensors is null
        ? []
        : [.. _tensors.Tensors.Keys.Where(k => k.StartsWith("in.", StringComparison.Ordinal)).Select(k => k[3..]).Order(StringComparer.Ordinal)];

    /// <summary>The stored tensor of an expected output.</summary>
    public StoredTensor Expected(string name) => Stored("out." + name);

    /// <summary>Whether the case demands an output of this name.</summary>
    public bool Wants(string name) => Outputs.Any(o => string.Equals(o.Name, name, StringComparison.Ordinal));

    /// <inheritdoc/>
    public void Dispose()
    {
        _tensors?.Dispose();
        _document.Dispose();
    }

    private static Dictionary<string, string> ReadPaths(JsonElement json, string property, string folder)
    {
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        if (json.TryGetProperty(property, out JsonElement value))
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                paths[string.Empty] = Path.Combine(folder, value.GetString()!);
            }
            else if (value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in value.EnumerateObject())
                {
                    if (entry.Value.ValueKind == JsonValueKind.String)
                    {
                        paths[entry.Name] = Path.Combine(folder, entry.Value.GetString()!);
                    }
                }
            }
        }

        return paths;
    }

    private static List<ExpectedOutput> ReadOutputs(JsonElement json)
    {
        List<ExpectedOutput> outputs = [];
        if (json.TryGetProperty("outputs", out JsonElement value))
        {
            foreach (JsonProperty entry in value.EnumerateObject())
            {
                long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
                double limit = entry.Value.TryGetProperty("max_relative_rms", out JsonElement l) ? l.GetDouble() : 0;
                outputs.Add(new ExpectedOutput(entry.Name, new TensorShape(shape), limit));
            }
        }

        return outputs;
    }

    private StoredTensor Stored(string name) =>
        _tensors is not null && _tensors.Tensors.TryGetValue(name, out StoredTensor? tensor)
            ? tensor
            : throw new FormatException($"tensors.safetensors of {Component}/{Name} has no '{name}'.");
}
