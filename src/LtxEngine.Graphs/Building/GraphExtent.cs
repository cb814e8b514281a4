namespace LtxEngine.Graphs.Building;

/// <summary>One entry of a shape given to a node: a number, or an int64 tensor of one element computed in the graph.</summary>
internal readonly record struct GraphExtent
{
    private GraphExtent(long? size, GraphValue? value)
    {
        Size = size;
        Value = value;
    }

    /// <summary>The number; null when computed.</summary>
    public long? Size { get; }

    /// <summary>The computed extent (int64, shape [1]); null when a number.</summary>
    public GraphValue? Value { get; }

    /// <summary>A number. In a reshape −1 means what is left over and 0 the extent of the operand's same axis.</summary>
    public static implicit operator GraphExtent(long size) => new(size, null);

    /// <summary>A computed extent.</summary>
    public static implicit operator GraphExtent(GraphValue value) => new(null, value);
}
