using System.Collections.Immutable;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Its element type.</param>
/// <param name="Dimensions">Its extents, slowest axis first.</param>
internal sealed record GraphPort(string Name, DataType DataType, ImmutableArray<GraphDimension> Dimensions)
{
    /// <summary>The port as <c>latent: Float32 [1, 128, frames, height, width]</c>.</summary>
    public override string ToString() => $"{Name}: {DataType} [{string.Join(", ", Dimensions)}]";
}
