namespace LtxEngine.Graphs.Building;

/// <summary>One extent of a graph input or output: a number, or a name for an extent that each run chooses.</summary>
internal readonly record struct GraphDimension
{
    private GraphDimension(long? size, string? symbol)
    {
        Size = size;
        Symbol = symbol;
    }

    /// <summary>The fixed extent; null when symbolic.</summary>
    public long? Size { get; }

    /// <summary>The name of a symbolic extent; null when fixed. Equal names mean equal extents within one run.</summary>
    public string? Symbol { get; }

    /// <summary>A fixed extent, ≥ 0.</summary>
    public static implicit operator GraphDimension(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return new GraphDimension(size, null);
    }

    /// <summary>A symbolic extent.</summary>
    public static implicit operator GraphDimension(string symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        return new GraphDimension(null, symbol);
    }

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? Size?.ToString() ?? "?";
}
