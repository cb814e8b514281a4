using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>Reads structure off the names and shapes of tensors; what is missing is noted and replaced by a harmless value.</summary>
/// <param name="tensors">The tensors of a checkpoint.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class TensorInspector(IReadOnlyDictionary<string, StoredTensor> tensors, ProblemList problems)
{
    /// <summary>Whether a tensor is stored.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Whether any tensor's name begins so.</summary>
    public bool HasPrefix(string prefix) => tensors.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>One extent of a tensor; 1 when it is missing or has another rank, which is noted.</summary>
    public int Extent(string name, int axis, int rank)
    {
        if (!tensors.TryGetValue(name, out StoredTensor? tensor))
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, MissingTensor(name));
            return 1;
        }

        if (tensor.Shape.Rank != rank || tensor.Shape[axis] is < 1 or > int.MaxValue)
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{name}' has the shape {tensor.Shape}; {rank} dimensions of at least 1 are needed.");
            return 1;
        }

        return tensor.Shape.Extent(axis);
    }

    /// <summary>The rank of a tensor; 0 when it is missing.</summary>
    public int Rank(string name) => tensors.TryGetValue(name, out StoredTensor? tensor) ? tensor.Shape.Rank : 0;

    /// <summary>The shape of a tensor, when it is stored.</summary>
    public TensorShape? Shape(string name) => tensors.TryGetValue(name, out StoredTensor? tensor) ? tensor.Shape : null;

    /// <summary>How many items a numbered list has: the highest number after the prefix plus 1, at most 1024.</summary>
    public int Count(string prefix)
    {
        const int Limit = 1024;
        int count = 0;
        foreach (string name in tensors.Keys)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)
                && name.IndexOf('.', prefix.Length) is int end and > 0
                && int.TryParse(name.AsSpan(prefix.Length, end - prefix.Length), System.Globalization.NumberStyles.None, null, out int index)
                && index < Limit)
            {
                count = Math.Max(count, index + 1);
            }
        }

        return count;
    }

    /// <summary>The sentence for a tensor that is not there.</summary>
    public static string MissingTensor(string name) => $"Tensor '{name}' is missing.";
}
