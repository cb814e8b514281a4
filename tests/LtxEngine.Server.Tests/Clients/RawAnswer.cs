using System.Text.Json.Nodes;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>What came back over a socket.</summary>
internal sealed record RawAnswer(int StatusCode, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;
}
