namespace LtxEngine.Graphs.Text;

/// <summary>
/// Normalises one hidden state of one prompt by statistics over all its tokens and channels together:
/// <c>μ = Σx / (n·width + 10⁻⁶)</c>, <c>x̂ = 8·(x − μ) / (max x − min x + 10⁻⁶)</c>.
/// </summary>
internal static class TextFeatureNormalization
{
    private const double Epsilon = 1e-6;

    /// <summary>Normalises a state into every <paramref name="stride"/>-th place of the destination.</summary>
    /// <param name="state">All values of the state, valid tokens only.</param>
    /// <param name="destination">Receives value i at <c>i · stride</c>.</param>
    /// <param name="stride">The distance between written values: the number of states that lie interleaved.</param>
    internal static void Apply(ReadOnlySpan<float> state, Span<float> destination, int stride)
    {
        double sum = 0;
        float minimum = float.PositiveInfinity;
        float maximum = float.NegativeInfinity;
        foreach (float value in state)
        {
            sum += value;
            minimum = Math.Min(minimum, value);
            maximum = Math.Max(maximum, value);
        }

        float mean = (float)(sum / (state.Length + Epsilon));
        float range = maximum - minimum + (float)Epsilon;
        for (int i = 0; i < state.Length; i++)
        {
            destination[i * stride] = 8 * (state[i] - mean) / range;
        }
    }
}
