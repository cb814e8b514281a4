using System.Text.Json.Nodes;

namespace LtxEngine.Server.Work;

/// <summary>What came of reading an input: a request without its pictures and their addresses, or every error.</summary>
internal sealed record InputReading
{
    /// <summary>The request; null where there is an error.</summary>
    public GenerationRequest? Request { get; init; }

    /// <summary>The entries of the answer's <c>detail</c>; empty where there is no error.</summary>
    public JsonArray Errors { get; init; } = [];

    /// <summary>Address of the start image.</summary>
    public string ImageUrl { get; init; } = string.Empty;

    /// <summary>Address of the end image; null for none.</summary>
    public string? EndImageUrl { get; init; }

    /// <summary>Whether the caller wants the clip within the answer.</summary>
    public bool IsInline { get; init; }
}
