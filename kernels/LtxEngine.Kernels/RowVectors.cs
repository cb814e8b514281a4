namespace LtxEngine.Kernels;

/// <summary>
/// One vector per token, stored once per distinct value: the vector of token t is row <c>RowOfToken[t]</c> of <paramref name="Rows"/>,
/// or row 0 for every token when <paramref name="RowOfToken"/> is null.
/// </summary>
/// <param name="Rows">[distinct, width].</param>
/// <param name="RowOfToken">Row index per token, or null when one row serves all tokens.</param>
internal readonly record struct RowVectors(DeviceMatrix Rows, DeviceIndices? RowOfToken)
{
    /// <summary>Where in <see cref="RowOfToken"/> the index of the first token is.</summary>
    public int FirstToken { get; private init; }

    /// <summary>Number of tokens; 0 where one row serves any number.</summary>
    public int Tokens => CountInRange ?? RowOfToken?.Count ?? 0;

    private int? CountInRange { get; init; }

    /// <summary>The vectors of some consecutive tokens.</summary>
    /// <param name="first">The first token.</param>
    /// <param name="count">The number of tokens.</param>
    public RowVectors TokenRange(int first, int count)
    {
        if (RowOfToken is null)
        {
            return this;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Tokens, nameof(count));
        return this with { FirstToken = FirstToken + first, CountInRange = count };
    }
}
