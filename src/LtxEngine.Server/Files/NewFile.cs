namespace LtxEngine.Server.Files;

/// <summary>What is known of a file before its content.</summary>
/// <param name="Id">Its id, from <see cref="FileIds.Create"/>; a file with this id is replaced.</param>
/// <param name="Name">Its name; folders and odd characters are removed.</param>
/// <param name="ContentType">Its media type; what is none becomes <c>application/octet-stream</c>.</param>
/// <param name="Lifetime">How long it is kept; null for ever.</param>
internal sealed record NewFile(string Id, string Name, string ContentType, TimeSpan? Lifetime);
