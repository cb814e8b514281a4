namespace LtxEngine.Networks.Transformer;

/// <summary>Which blocks something applies to: none, all, or listed ones (0-based).</summary>
internal sealed class BlockSet
{
    private readonly HashSet<int>? _blocks;

    private BlockSet(HashSet<int>? blocks) => _blocks = blocks;

    /// <summary>No block.</summary>
    public static BlockSet None { get; } = new([]);

    /// <summary>Every block.</summary>
    public static BlockSet All { get; } = new(null);

    /// <summary>Listed blocks.</summary>
    /// <param name="blocks">0-based indices; those beyond the model's blocks have no effect.</param>
    public static BlockSet Of(params ReadOnlySpan<int> blocks)
    {
        HashSet<int> set = [];
        foreach (int block in blocks)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(block, nameof(blocks));
            set.Add(block);
        }

        return new BlockSet(set);
    }

    /// <summary>Whether a block belongs to the set.</summary>
    /// <param name="block">0-based index.</param>
    public bool Contains(int block) => _blocks is null || _blocks.Contains(block);

    /// <summary>Blocks of either set.</summary>
    /// <param name="other">The other set.</param>
    public BlockSet Union(BlockSet other) => _blocks is null || other._blocks is null ? All : new BlockSet([.. _blocks, .. other._blocks]);
}
