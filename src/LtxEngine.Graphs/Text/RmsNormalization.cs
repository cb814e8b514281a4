namespace LtxEngine.Graphs.Text;

/// <summary>Root-mean-square normalisation of rows in host memory, for the last step of a model: <c>x / √(mean(x²) + ε) · w</c>.</summary>
internal static class RmsNormalization
{
    /// <summary>Normalises every row.</summary>
    /// <param name="source"><c>[rows, width]</c>.</param>
    /// <param name="width">The length of a row.</param>
    /// <param name="weight">A factor per channel, already complete (Gemma stores w and means 1 + w); empty for none.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="destination">Receives <c>[rows, width]</c>; may be <paramref name="source"/>.</param>
    internal static void Apply(ReadOnlySpan<float> source, int width, ReadOnlySpan<float> weight, double epsilon, Span<float> destination)
    {
        for (int start = 0; start < source.Length; start += width)
        {
            ReadOnlySpan<float> row = source.Slice(start, width);
            double sum = 0;
            foreach (float value in row)
            {
                sum += (double)value * value;
            }

            float factor = (float)(1 / Math.Sqrt((sum / width) + epsilon));
            Span<float> result = destination.Slice(start, width);
            for (int i = 0; i < row.Length; i++)
            {
                result[i] = row[i] * factor * (weight.IsEmpty ? 1 : weight[i]);
            }
        }
    }
}
