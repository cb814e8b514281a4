namespace LtxEngine.Kernels;

/// <summary>
/// One vector per token, stored once per distinct value: the vector of token t is row <c>RowOfToken[t]</c> of <paramref name="Rows"/>,
/// or row 0 for every token when <paramref name="RowOfToken"/> is null.
/// </summary>
/// <param name="Rows">[distinct, width].</param>
/// <param name="RowOfToken">Row index per token, or null when one row serves all tokens.</param>
internal readonly record struct RowVectors(DeviceMatrix Rows, DeviceIndices? RowOfToken);
