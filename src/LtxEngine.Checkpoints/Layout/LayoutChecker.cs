using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>Compares the tensors of a file with those that its components read.</summary>
internal static class LayoutChecker
{
    private const int Fp4PerByte = 2;
    private const int Fp4BlockSize = 16;
    private const int ScaleTileRows = 128;
    private const int ScaleTileColumns = 4;

    private static readonly string[] QuantisationSuffixes =
        ["weight_scale", "weight_scale_2", "input_scale", "scale_weight", "scale_input", "comfy_quant"];

    /// <summary>Notes every tensor that is missing, has another shape or an element type that cannot serve as a weight.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="expected">What is read.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static void Check(ITensorCollection checkpoint, IEnumerable<ExpectedTensor> expected, ProblemList problems)
    {
        foreach (ExpectedTensor tensor in expected)
        {
            if (!checkpoint.Tensors.TryGetValue(tensor.Name, out StoredTensor? stored))
            {
                if (!tensor.IsOptional)
                {
                    problems.Add(ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(tensor.Name));
                }

                continue;
            }

            CheckTensor(checkpoint, tensor, stored, problems);
        }
    }

    /// <summary>Notes every tensor that is missing.</summary>
    /// <inheritdoc cref="Check"/>
    public static void CheckPresence(ITensorCollection checkpoint, IEnumerable<ExpectedTensor> expected, ProblemList problems)
    {
        foreach (ExpectedTensor tensor in expected)
        {
            if (!tensor.IsOptional && !checkpoint.Tensors.ContainsKey(tensor.Name))
            {
                problems.Add(ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(tensor.Name));
            }
        }
    }

    /// <summary>The names of tensors that no component reads, in ordinal order; scales beside a known weight belong to it.</summary>
    public static IReadOnlyList<string> FindUnknown(ITensorCollection checkpoint, IEnumerable<ExpectedTensor> expected)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (ExpectedTensor tensor in expected)
        {
            known.Add(tensor.Name);
            if (tensor.IsQuantisable)
            {
                string layer = LayerOf(tensor.Name);
                foreach (string suffix in QuantisationSuffixes)
                {
                    known.Add(layer + suffix);
                }
            }
        }

        return [.. checkpoint.Tensors.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal)];
    }

    private static void CheckTensor(ITensorCollection checkpoint, ExpectedTensor tensor, StoredTensor stored, ProblemList problems)
    {
        switch (stored.DataType)
        {
            case DataType.Float64 or DataType.Float32 or DataType.Float16 or DataType.BFloat16 or DataType.Float8E4M3 or DataType.Float8E5M2:
                bool fits = stored.Shape == tensor.Shape || (tensor.Shape.Rank == 0 && stored.Shape is { Rank: 1, ElementCount: 1 });
                if (!fits)
                {
                    problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{tensor.Name}' has the shape {stored.Shape}; {tensor.Shape} is needed.");
                }

                break;
            case DataType.UInt8 when tensor.IsQuantisable:
                CheckFp4(checkpoint, tensor, stored, problems);
                break;
            default:
                if (!tensor.IsOptional)
                {
                    problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{tensor.Name}' is stored as {stored.DataType}; a floating-point type is needed.");
                }

                break;
        }
    }

    private static void CheckFp4(ITensorCollection checkpoint, ExpectedTensor tensor, StoredTensor stored, ProblemList problems)
    {
        long rows = tensor.Shape[0];
        long columns = tensor.Shape[1];
        TensorShape packed = new(rows, columns / Fp4PerByte);
        if (columns % Fp4BlockSize != 0 || stored.Shape != packed)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{tensor.Name}' is packed NVFP4 of shape {stored.Shape}; {packed} is needed, and {columns} columns must be divisible by {Fp4BlockSize}.");
            return;
        }

        string layer = LayerOf(tensor.Name);
        TensorShape scales = new(RoundUp(rows, ScaleTileRows), RoundUp(columns / Fp4BlockSize, ScaleTileColumns));
        CheckScale(checkpoint, $"{layer}weight_scale", DataType.Float8E4M3, scales, problems);
        CheckScale(checkpoint, $"{layer}weight_scale_2", DataType.Float32, new TensorShape(), problems);
    }

    private static void CheckScale(ITensorCollection checkpoint, string name, DataType dataType, TensorShape shape, ProblemList problems)
    {
        if (!checkpoint.Tensors.TryGetValue(name, out StoredTensor? scale))
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(name));
        }
        else if (scale.DataType != dataType || scale.Shape.ElementCount != shape.ElementCount || (shape.Rank > 0 && scale.Shape != shape))
        {
            problems.Add(
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{name}' is {scale.DataType} of shape {scale.Shape}; {dataType} of shape {shape} is needed.");
        }
    }

    private static string LayerOf(string weight) => weight[..^"weight".Length];

    private static long RoundUp(long value, long multiple) => (value + multiple - 1) / multiple * multiple;
}
