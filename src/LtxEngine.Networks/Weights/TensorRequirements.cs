using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>Demands that a checkpoint holds what a network reads, before anything is loaded.</summary>
internal static class TensorRequirements
{
    /// <summary>Notes every tensor that is missing or has another shape.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="tensors">Names and shapes.</param>
    /// <param name="problems">Receives what is wrong. When it holds problems already, shapes are not judged: they may follow from those.</param>
    public static void Collect(IWeightSource source, IEnumerable<(string Name, TensorShape Shape)> tensors, ProblemList problems)
    {
        bool judgeShapes = problems.Count == 0;
        foreach ((string name, TensorShape shape) in tensors)
        {
            TensorShape? actual = source.FindShape(name);
            if (actual is null)
            {
                problems.Add(ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(source.Prefix + name));
            }
            else if (judgeShapes && actual.Value != shape)
            {
                problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{source.Prefix}{name}' has the shape {actual.Value}; {shape} is needed.");
            }
        }
    }
}
