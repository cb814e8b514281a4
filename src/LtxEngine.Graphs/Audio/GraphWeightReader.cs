using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>Takes weights out of a checkpoint while a graph is built and collects everything that is missing or has another shape.</summary>
/// <param name="builder">The graph under construction.</param>
/// <param name="checkpoint">The open checkpoint.</param>
internal sealed class GraphWeightReader(OnnxGraphBuilder builder, ITensorCollection checkpoint)
{
    private readonly ProblemList _problems = new();

    /// <summary>Whether a tensor is stored.</summary>
    /// <param name="name">Its full name.</param>
    public bool Has(string name) => checkpoint.Tensors.ContainsKey(name);

    /// <summary>A weight of the graph. Where it is missing or has another shape, the problem is noted and a placeholder returned.</summary>
    /// <param name="name">Its full name.</param>
    /// <param name="dimensions">The extents that it must have.</param>
    public GraphValue Read(string name, params ReadOnlySpan<long> dimensions)
    {
        if (!checkpoint.Tensors.TryGetValue(name, out StoredTensor? tensor))
        {
            _problems.Add(ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(name));
            return builder.Scalar(0);
        }

        TensorShape wanted = new(dimensions);
        if (tensor.Shape != wanted)
        {
            _problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{name}' has the shape {tensor.Shape}; {wanted} is needed.");
            return builder.Scalar(0);
        }

        return builder.Weight(tensor);
    }

    /// <summary>The extent of a tensor's axis; 1 where the tensor is missing, which <see cref="Read"/> notes.</summary>
    /// <param name="name">Its full name.</param>
    /// <param name="axis">The axis.</param>
    public long Extent(string name, int axis) =>
        checkpoint.Tensors.TryGetValue(name, out StoredTensor? tensor) && axis < tensor.Shape.Rank ? tensor.Shape[axis] : 1;

    /// <summary>Throws when anything was missing.</summary>
    /// <exception cref="ModelFormatException">Names every missing tensor and every wrong shape.</exception>
    public void ThrowIfIncomplete() => _problems.ThrowIfAny(checkpoint.DisplayPath());
}
