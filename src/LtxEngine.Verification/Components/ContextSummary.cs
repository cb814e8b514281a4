using System.Globalization;
using System.Text.Json;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>
/// Hands out a text context whole, or, where the case names <c>parameters.rows</c>, those rows and per column the mean and the
/// root mean square over all rows.
/// </summary>
internal static class ContextSummary
{
    /// <summary>Adds the outputs of one stream.</summary>
    /// <param name="stream"><c>video</c> or <c>audio</c>.</param>
    /// <param name="context"><c>[length, width]</c>.</param>
    /// <param name="referenceCase">The case.</param>
    /// <param name="outputs">Receives them.</param>
    public static void Add(string stream, HostTensor context, ReferenceCase referenceCase, CaseOutputs outputs)
    {
        outputs.Add(string.Create(CultureInfo.InvariantCulture, $"{stream}_context"), context);
        if (!referenceCase.Parameters.TryGetProperty("rows", out JsonElement rows))
        {
            return;
        }

        outputs.Add($"{stream}_context_rows", SelectRows(context, [.. rows.EnumerateArray().Select(r => r.GetInt32())]));
        int count = context.Shape.Extent(0);
        int width = context.Shape.Extent(1);
        float[] mean = new float[width];
        float[] rms = new float[width];
        for (int column = 0; column < width; column++)
        {
            double sum = 0;
            double squares = 0;
            for (int row = 0; row < count; row++)
            {
                double value = context.Data[(row * width) + column];
                sum += value;
                squares += value * value;
            }

            mean[column] = (float)(sum / count);
            rms[column] = (float)Math.Sqrt(squares / count);
        }

        outputs.Add($"{stream}_column_mean", new TensorShape(width), mean);
        outputs.Add($"{stream}_column_rms", new TensorShape(width), rms);
    }

    /// <summary>Some rows of a matrix.</summary>
    public static HostTensor SelectRows(HostTensor matrix, int[] rows)
    {
        int width = matrix.Shape.Extent(1);
        HostTensor selected = HostTensor.Zeros(rows.Length, width);
        for (int i = 0; i < rows.Length; i++)
        {
            matrix.Data.AsSpan(rows[i] * width, width).CopyTo(selected.Data.AsSpan(i * width));
        }

        return selected;
    }
}
