using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Quantization;

/// <summary>Writes a quantised copy of a checkpoint, one tensor at a time: everything but the quantised weights is copied as it is.</summary>
internal static class CheckpointQuantizer
{
    /// <summary>Writes the copy. No <c>input_scale</c> is written: it would have to be measured on real inputs.</summary>
    /// <param name="checkpoint">A checkpoint whose transformer blocks are not quantised yet.</param>
    /// <param name="path">The new file; it appears under this name when it is complete.</param>
    /// <param name="format">fp8 or NVFP4.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="progress">Receives the share of the work that is done, 0 … 1.</param>
    /// <param name="cancellationToken">Stops between two tensors; the unfinished file is deleted.</param>
    /// <returns>The number of quantised layers, ≥ 1.</returns>
    /// <exception cref="ModelFormatException">The checkpoint has no layer to quantise, or one that cannot be.</exception>
    /// <exception cref="IOException">The file exists and must stay, or cannot be written.</exception>
    public static int Write(
        ITensorCollection checkpoint, string path, WeightFormat format, bool overwrite, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        HashSet<string> names = QuantizedLayers.Find(checkpoint);
        Validate(checkpoint, names, format);

        // In the order of the source, which then is read from front to back.
        StoredTensor[] tensors = [.. checkpoint.Tensors.Values.OrderBy(t => t.FilePath, StringComparer.Ordinal).ThenBy(t => t.FileOffset)];
        List<(string Name, DataType DataType, TensorShape Shape)> declarations = [];
        foreach (StoredTensor tensor in tensors)
        {
            declarations.AddRange(names.Contains(tensor.Name) ? Declare(tensor, format) : [(tensor.Name, tensor.DataType, tensor.Shape)]);
        }

        using SafetensorsWriter writer = new(path, declarations, checkpoint.Metadata, overwrite);
        double total = tensors.Sum(tensor => (double)tensor.ByteLength);
        double done = 0;
        foreach (StoredTensor tensor in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!names.Contains(tensor.Name))
            {
                writer.Append(tensor.Bytes);
            }
            else if (format == WeightFormat.ScaledFloat8)
            {
                AppendFloat8(writer, tensor);
            }
            else
            {
                AppendNvfp4(writer, tensor);
            }

            done += tensor.ByteLength;
            progress?.Report(done / total);
        }

        writer.Complete();
        return names.Count;
    }

    private static void Validate(ITensorCollection checkpoint, HashSet<string> names, WeightFormat format)
    {
        if (format is not (WeightFormat.ScaledFloat8 or WeightFormat.Nvfp4))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Weights are quantised to fp8 or NVFP4.");
        }

        List<string> problems = [];
        if (names.Count == 0)
        {
            problems.Add("The checkpoint has no linear layers in transformer blocks behind the first: there is nothing to quantise.");
        }

        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            StoredTensor tensor = checkpoint.Tensors[name];
            if (tensor.DataType is not (DataType.BFloat16 or DataType.Float16 or DataType.Float32))
            {
                problems.Add($"Tensor '{name}' is stored as {tensor.DataType}: it is quantised already. Start from the bf16 checkpoint.");
            }
            else if (tensor.Shape.Rank != 2 || tensor.Shape.ElementCount is < 1 or > int.MaxValue)
            {
                problems.Add($"Tensor '{name}' has the shape {tensor.Shape}; [outputs, inputs] is needed.");
            }
            else if (format == WeightFormat.Nvfp4 && tensor.Shape[1] % Nvfp4.BlockSize != 0)
            {
                problems.Add($"Tensor '{name}' has {tensor.Shape[1]} inputs; NVFP4 needs a multiple of {Nvfp4.BlockSize}. Use fp8.");
            }
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(checkpoint.DisplayPath(), ModelFormatErrorKind.InvalidTensors, problems);
        }
    }

    private static IEnumerable<(string Name, DataType DataType, TensorShape Shape)> Declare(StoredTensor tensor, WeightFormat format)
    {
        if (format == WeightFormat.ScaledFloat8)
        {
            yield return (tensor.Name, DataType.Float8E4M3, tensor.Shape);
            yield return (tensor.Name + "_scale", DataType.Float32, new TensorShape());
            yield break;
        }

        yield return (tensor.Name, DataType.UInt8, new TensorShape(tensor.Shape[0], tensor.Shape[1] / 2));
        yield return (tensor.Name + "_scale", DataType.Float8E4M3, new TensorShape(Nvfp4.PaddedRows(tensor.Shape.Extent(0)), Nvfp4.PaddedColumns(tensor.Shape.Extent(1))));
        yield return (tensor.Name + "_scale_2", DataType.Float32, new TensorShape());
    }

    private static void AppendFloat8(SafetensorsWriter writer, StoredTensor tensor)
    {
        float[] values = tensor.ToFloat32Array();
        byte[] codes = new byte[values.Length];
        float scale = Float8Quantizer.QuantizeWeight(values, codes);
        writer.Append(codes);
        writer.AppendFloat32([scale]);
    }

    private static void AppendNvfp4(SafetensorsWriter writer, StoredTensor tensor)
    {
        int outputs = tensor.Shape.Extent(0);
        int inputs = tensor.Shape.Extent(1);
        float[] values = tensor.ToFloat32Array();
        byte[] packed = new byte[values.Length / 2];
        byte[] scales = new byte[checked(Nvfp4.PaddedRows(outputs) * Nvfp4.PaddedColumns(inputs))];
        float globalScale = Nvfp4.Quantize(values, outputs, inputs, packed, scales);
        writer.Append(packed);
        writer.Append(scales);
        writer.AppendFloat32([globalScale]);
    }
}
