using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Pipeline;

namespace LtxEngine;

/// <summary>Writes checkpoints that take less room.</summary>
public static class ModelQuantization
{
    /// <summary>
    /// Writes a copy of a checkpoint whose transformer blocks hold their linear layers in fewer bits; the first block and the last five of 48
    /// stay as they are, and so does everything outside the blocks. The copy is used like the original.
    /// </summary>
    /// <param name="path">The model folder or a checkpoint file, not quantised.</param>
    /// <param name="output">The new file; it appears under this name when it is complete.</param>
    /// <param name="format">How the weights are stored.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="progress">Receives the share of the work that is done, 0 … 1.</param>
    /// <param name="cancellationToken">Stops between two tensors; the unfinished file is deleted.</param>
    /// <returns>The number of quantised layers, ≥ 1.</returns>
    /// <exception cref="ModelFormatException">The checkpoint cannot be used or holds nothing to quantise.</exception>
    /// <exception cref="IOException">The file exists and must stay, is the checkpoint itself, or cannot be written.</exception>
    public static int Write(
        string path,
        string output,
        QuantizedWeightFormat format,
        bool overwrite = false,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        WeightFormat stored = format switch
        {
            QuantizedWeightFormat.Float8 => WeightFormat.ScaledFloat8,
            QuantizedWeightFormat.Nvfp4 => WeightFormat.Nvfp4,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Weights are quantised to fp8 or NVFP4."),
        };
        using LtxCheckpoint checkpoint = Directory.Exists(path)
            ? LtxCheckpoint.Open(ModelFiles.Read(path).Checkpoint, path)
            : LtxCheckpoint.Open(path);
        string target = ModelPath.GetRealPath(Path.GetFullPath(output));
        if (checkpoint.Tensors.Values.Any(tensor => string.Equals(ModelPath.GetRealPath(tensor.FilePath), target, StringComparison.Ordinal)))
        {
            throw new IOException($"'{output}' is the checkpoint itself; choose another name.");
        }

        return CheckpointQuantizer.Write(checkpoint, output, stored, overwrite, progress, cancellationToken);
    }
}
