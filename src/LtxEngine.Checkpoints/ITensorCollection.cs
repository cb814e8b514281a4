namespace LtxEngine.Checkpoints;

/// <summary>The tensors of one checkpoint: a single file or all shards of a folder.</summary>
internal interface ITensorCollection
{
    /// <summary>Every tensor by its stored name.</summary>
    IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>The string map <c>__metadata__</c>; empty when there is none. Shards are merged, the first file wins.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }
}
