namespace LtxEngine.Networks;

/// <summary>
/// Receives intermediate results of a network, named as the original's modules. A network without a probe does no extra work;
/// with one it stores results that are otherwise fused away, so timings differ, values do not beyond rounding.
/// </summary>
internal interface ITensorProbe
{
    /// <summary>Whether the values of this name should be recorded.</summary>
    /// <param name="name">The name, such as <c>block_0_attn1</c>.</param>
    bool Wants(string name);

    /// <summary>Receives the values of a name that was wanted.</summary>
    /// <param name="name">The name.</param>
    /// <param name="values">Row-major values, valid during the call only.</param>
    /// <param name="rows">Number of rows (tokens, positions, distinct timesteps).</param>
    /// <param name="columns">Number of columns (channels).</param>
    void Record(string name, ReadOnlySpan<float> values, int rows, int columns);
}
