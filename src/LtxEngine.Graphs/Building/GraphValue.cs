using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>A tensor inside a graph under construction: the result of a node, an input, a weight or a constant.</summary>
/// <param name="Name">The name in the graph. Weights have their checkpoint key.</param>
/// <param name="DataType">The element type.</param>
internal readonly record struct GraphValue(string Name, DataType DataType)
{
    /// <summary>Stands for an optional operand that is left out.</summary>
    public static GraphValue None => new(string.Empty, DataType.Float32);

    /// <summary>Whether this is a real tensor, not <see cref="None"/>.</summary>
    public bool Exists => !string.IsNullOrEmpty(Name);
}
