using System.Text.Json.Nodes;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Http;

/// <summary>The OpenAPI document: the endpoint's part as §5 of the protocol gives it, and the server's own routes.</summary>
public sealed class OpenApiTests
{
    private const string Route = $"/api/openapi/queue/openapi.json?endpoint_id={RunningServer.Endpoint}";

    [Fact]
    public async Task The_endpoints_part_is_exactly_the_published_shape()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        JsonObject document = (await server.SendAsync("GET", Route)).Body.AsObject();
        JsonObject paths = document["paths"]!.AsObject();
        foreach (string other in paths.Select(p => p.Key).Where(p => !p.StartsWith("/" + RunningServer.Endpoint, StringComparison.Ordinal) || p.EndsWith("/stream", StringComparison.Ordinal)).ToArray())
        {
            paths.Remove(other);
        }

        string expected = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "tests", "LtxEngine.Server.Tests", "Http", "endpoint-openapi.json"));

        Assert.Equal(JsonNode.Parse(expected.Replace("ORIGIN", server.Url, StringComparison.Ordinal))!.ToJsonString(), document.ToJsonString());
        Assert.Equal(
            [$"/{RunningServer.Endpoint}", $"/{RunningServer.Endpoint}/requests/{{request_id}}", $"/{RunningServer.Endpoint}/requests/{{request_id}}/status", $"/{RunningServer.Endpoint}/requests/{{request_id}}/cancel"],
            paths.Select(p => p.Key));
    }

    /// <summary>The table of §3.1: name, JSON type, default, smallest and largest value or the choices.</summary>
    [Theory]
    [InlineData("prompt", "string", null, "")]
    [InlineData("image_url", "string", null, "")]
    [InlineData("end_image_url", "string|null", null, "")]
    [InlineData("num_frames", "integer", "121", "9…481")]
    [InlineData("generate_audio", "boolean", "true", "")]
    [InlineData("use_multiscale", "boolean", "true", "")]
    [InlineData("fps", "number", "25", "1…60")]
    [InlineData("guidance_scale", "number", "3", "1…10")]
    [InlineData("num_inference_steps", "integer", "40", "8…50")]
    [InlineData("acceleration", "string", "\"regular\"", "none, regular, high, full")]
    [InlineData("camera_lora", "string", "\"none\"", "dolly_in, dolly_out, dolly_left, dolly_right, jib_up, jib_down, static, none")]
    [InlineData("camera_lora_scale", "number", "1", "0…1")]
    [InlineData("seed", "integer|null", null, "")]
    [InlineData("enable_prompt_expansion", "boolean", "true", "")]
    [InlineData("enable_safety_checker", "boolean", "true", "")]
    [InlineData("video_output_type", "string", "\"X264 (.mp4)\"", "X264 (.mp4), VP9 (.webm), PRORES4444 (.mov), GIF (.gif)")]
    [InlineData("video_quality", "string", "\"high\"", "low, medium, high, maximum")]
    [InlineData("video_write_mode", "string", "\"balanced\"", "fast, balanced, small")]
    [InlineData("sync_mode", "boolean", "false", "")]
    [InlineData("interpolation_direction", "string", "\"forward\"", "forward, backward")]
    [InlineData("image_strength", "number", "1", "0…1")]
    [InlineData("end_image_strength", "number", "1", "0…1")]
    public async Task Each_field_has_its_type_default_range_title_description_and_example(string name, string types, string? standard, string range)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        JsonNode field = (await server.SendAsync("GET", Route)).Body["components"]!["schemas"]!["Ltx219bImageToVideoInput"]!["properties"]![name]!;

        string[] found = field["anyOf"] is JsonArray any ? [.. any.Select(t => (string)t!["type"]!)] : [(string)field["type"]!];
        Assert.Equal(types.Split('|'), found);
        Assert.Equal(standard, field["default"]?.ToJsonString());
        Assert.Equal(range, field["minimum"] is { } minimum ? $"{minimum}…{field["maximum"]}" : string.Join(", ", field["enum"]?.AsArray().Select(c => (string)c!) ?? []));
        Assert.NotEmpty((string)field["title"]!);
        Assert.DoesNotContain("folder", (string)field["description"]!, StringComparison.Ordinal);
        Assert.Single(field["examples"]!.AsArray());
    }

    [Fact]
    public async Task Every_route_in_it_is_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        JsonObject paths = (await server.SendAsync("GET", Route)).Body["paths"]!.AsObject();
        Assert.Equal(24, paths.Count);
        foreach ((string path, JsonNode? operations) in paths)
        {
            string prefix = operations!["servers"] is JsonArray own ? (string)own[0]!["url"]! : server.Url + "/queue";
            string method = operations.AsObject().Select(o => o.Key).Single(k => k != "servers");
            string address = prefix + path.Replace("{request_id}", $"{Guid.Empty}", StringComparison.Ordinal).Replace("{file_id}", new string('0', 32), StringComparison.Ordinal).Replace("{file_name}", "x", StringComparison.Ordinal);
            using HttpRequestMessage request = new(new HttpMethod(method.ToUpperInvariant()), address);
            using HttpResponseMessage response = await server.Client.SendAsync(request);

            string text = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("\"Path ", text, StringComparison.Ordinal);
            Assert.NotEqual(405, (int)response.StatusCode);
            Assert.InRange((int)response.StatusCode, 200, 422);
        }
    }
}
