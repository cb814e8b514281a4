namespace LtxEngine.Server.Files;

/// <summary>A file that the server keeps.</summary>
internal sealed record StoredFile
{
    /// <summary>Unguessable id: whoever knows it may read the file.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people, without any folder.</summary>
    public required string Name { get; init; }

    /// <summary>Media type as told by the uploader or the engine.</summary>
    public required string ContentType { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of the content in lower-case hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it may be removed; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }
}
