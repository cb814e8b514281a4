namespace LtxEngine;

/// <summary>How a result is written to a file.</summary>
public sealed record SaveOptions
{
    /// <summary>Whether an existing file may be replaced. Default false.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Texts stored in the file by key. Default: none beside what the engine writes (prompt, seed and settings, as <c>comment</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
