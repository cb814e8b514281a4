using LtxEngine.Checkpoints;

namespace LtxEngine.Networks.Tests;

/// <summary>A checkpoint without some of its tensors.</summary>
internal sealed class FilteredTensors(ITensorCollection whole, IReadOnlyCollection<string> removed) : ITensorCollection
{
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; } =
        whole.Tensors.Where(t => !removed.Contains(t.Key)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> Metadata => whole.Metadata;
}
