using System.Text.Json.Nodes;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Layout;

/// <summary>Makes variants of a small checkpoint: the header is edited, the data are zeros.</summary>
internal sealed class CheckpointEditor
{
    private readonly List<(string Name, DataType DataType, TensorShape Shape)> _tensors = [];

    public CheckpointEditor(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name));
        foreach (StoredTensor tensor in file.Tensors.Values)
        {
            _tensors.Add((tensor.Name, tensor.DataType, tensor.Shape));
        }

        Configuration = file.Metadata.TryGetValue("config", out string? config) ? JsonNode.Parse(config)!.AsObject() : null;
    }

    public JsonObject? Configuration { get; set; }

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _tensors.Select(tensor => tensor.Name);

    public void Remove(Predicate<string> match) => _tensors.RemoveAll(tensor => match(tensor.Name));

    public void Add(string name, params ReadOnlySpan<long> shape) => _tensors.Add((name, DataType.BFloat16, new TensorShape(shape)));

    public void Add(string name, DataType dataType, params ReadOnlySpan<long> shape) => _tensors.Add((name, dataType, new TensorShape(shape)));

    public void Rename(Func<string, string> rename)
    {
        for (int i = 0; i < _tensors.Count; i++)
        {
            _tensors[i] = _tensors[i] with { Name = rename(_tensors[i].Name) };
        }
    }

    public void Reshape(string name, params ReadOnlySpan<long> shape)
    {
        int index = _tensors.FindIndex(tensor => string.Equals(tensor.Name, name, StringComparison.Ordinal));
        _tensors[index] = _tensors[index] with { Shape = new TensorShape(shape) };
    }

    public string Write(TemporaryFolder folder)
    {
        Dictionary<string, string> metadata = new(Metadata, StringComparer.Ordinal);
        if (Configuration is not null)
        {
            metadata["config"] = Configuration.ToJsonString();
        }

        using SafetensorsWriter writer = new(folder["edited.safetensors"], _tensors, metadata, overwrite: true);
        foreach ((_, DataType dataType, TensorShape shape) in _tensors)
        {
            writer.Append(new byte[shape.ElementCount * dataType.SizeInBytes()]);
        }

        writer.Complete();
        return folder["edited.safetensors"];
    }
}
