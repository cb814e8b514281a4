using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// Hands checkpoint tensors to a graph under construction and checks their shapes; what is missing or misshapen is collected,
/// so that one error lists everything.
/// </summary>
internal sealed class VideoVaeWeights(OnnxGraphBuilder graph, ITensorCollection checkpoint)
{
    private readonly List<string> _problems = [];

    /// <summary>The weight of a key in the graph's compute type.</summary>
    /// <param name="key">The checkpoint key.</param>
    /// <param name="expected">The shape that the structure demands.</param>
    public GraphValue Get(string key, params ReadOnlySpan<long> expected) =>
        Find(key, expected) is StoredTensor tensor ? graph.Weight(tensor) : graph.Scalar(0);

    /// <summary>The weight of a key in its stored type, for weights that are cut before they are cast.</summary>
    /// <param name="key">The checkpoint key.</param>
    /// <param name="expected">The shape that the structure demands.</param>
    public GraphValue GetStored(string key, params ReadOnlySpan<long> expected) =>
        Find(key, expected) is StoredTensor tensor ? graph.Weight(tensor, tensor.DataType) : graph.Scalar(0);

    /// <summary>The extent of one axis of a stored tensor; 1 when the tensor is missing or has fewer axes.</summary>
    public long Extent(string key, int axis) =>
        checkpoint.Tensors.TryGetValue(key, out StoredTensor? tensor) && axis < tensor.Shape.Rank ? tensor.Shape[axis] : 1;

    /// <summary>Reports what is wrong.</summary>
    /// <exception cref="ModelFormatException">Tensors are missing or misshapen; all are listed.</exception>
    public void ThrowIfAnyProblem()
    {
        if (_problems.Count > 0)
        {
            throw new ModelFormatException(checkpoint.DisplayPath(), ModelFormatErrorKind.InvalidTensors, _problems);
        }
    }

    private StoredTensor? Find(string key, ReadOnlySpan<long> expected)
    {
        TensorShape shape = new(expected);
        if (!checkpoint.Tensors.TryGetValue(key, out StoredTensor? tensor))
        {
            _problems.Add($"The tensor '{key}' {shape} is missing.");
        }
        else if (tensor.Shape != shape)
        {
            _problems.Add($"The tensor '{key}' has shape {tensor.Shape}; the structure demands {shape}.");
        }
        else
        {
            return tensor;
        }

        return null;
    }
}
