namespace LtxEngine.Diffusion.Noise;

/// <summary>Gives res_2s noise exactly mean 0 and unbiased standard deviation 1.</summary>
internal static class NoiseStandardisation
{
    /// <summary>Standardises over the whole tensor, then over every item of the batch.</summary>
    /// <param name="noise">The values <c>[batch, …]</c>, changed in place; at least 2 per item.</param>
    /// <param name="batch">Number of items.</param>
    public static void Apply(Span<double> noise, int batch)
    {
        Require.AtLeast(batch, 1, nameof(batch));
        Standardise(noise);
        int item = noise.Length / batch;
        for (int i = 0; i < batch; i++)
        {
            Standardise(noise.Slice(i * item, item));
        }
    }

    private static void Standardise(Span<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        double deviation = Math.Sqrt(squares / (values.Length - 1));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (values[i] - mean) / deviation;
        }
    }
}
