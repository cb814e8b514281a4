namespace LtxEngine.Kernels.Cpu.Memory;

/// <summary>A <see cref="RowVectors"/> resolved to addresses; the default value means "none".</summary>
internal readonly unsafe struct RowVectorsView
{
    private readonly float* _start;
    private readonly long _stride;
    private readonly int* _rowOfToken;

    /// <summary>Creates a view.</summary>
    /// <param name="rows">The distinct vectors.</param>
    /// <param name="rowOfToken">One index per token, or null when row 0 serves all.</param>
    public RowVectorsView(RowsView rows, int* rowOfToken)
    {
        _start = rows.Start;
        _stride = rows.Stride;
        _rowOfToken = rowOfToken;
    }

    /// <summary>The vector of a token, or null when there is none.</summary>
    public float* OfToken(int token) => _rowOfToken is null || _start is null ? _start : _start + (_rowOfToken[token] * _stride);
}
