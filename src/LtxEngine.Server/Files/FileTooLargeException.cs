namespace LtxEngine.Server.Files;

/// <summary>A content has more bytes than allowed; nothing of it was kept.</summary>
/// <param name="limit">The largest allowed number of bytes.</param>
internal sealed class FileTooLargeException(long limit) : Exception($"The content has more than {limit} bytes.")
{
    /// <summary>The largest allowed number of bytes.</summary>
    public long Limit { get; } = limit;
}
