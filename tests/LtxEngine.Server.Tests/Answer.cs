using System.Text.Json.Nodes;

namespace LtxEngine.Server.Tests;

/// <summary>What the server answered.</summary>
internal sealed record Answer(int StatusCode, JsonNode Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
