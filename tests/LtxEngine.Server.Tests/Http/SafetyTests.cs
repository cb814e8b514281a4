using System.Text.Json.Nodes;
using LtxEngine.Server.Tests.Clients;

namespace LtxEngine.Server.Tests.Http;

/// <summary>What the safety checker refuses is the content-policy error of §4.5 of the protocol.</summary>
public sealed class SafetyTests(DemoServer demo) : IClassFixture<DemoServer>
{
    private const string Message = "The content could not be processed because it contained material flagged by a content checker.";

    [Theory]
    [InlineData("queue")]
    [InlineData("run")]
    public async Task A_refused_prompt_is_a_content_policy_violation_on_every_way(string way)
    {
        string input = RunningServer.Input.Replace("a boat", "a gang rape", StringComparison.Ordinal);
        Answer answer;
        if (way == "queue")
        {
            string id = await demo.Server.SubmitAsync(input);
            JsonNode status = await demo.Server.WaitAsync(id);
            Assert.False(status.AsObject().ContainsKey("error_type"));
            Assert.Equal("The safety checker refused the request", (string)status["logs"]!.AsArray()[^1]!["message"]!);
            answer = await demo.Server.ResultAsync(id);
        }
        else
        {
            answer = await demo.Server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", input);
        }

        Assert.Equal((422, "false", "0"), (answer.StatusCode, answer.Header("x-fal-retryable"), answer.Header("x-fal-billable-units")));
        Assert.Equal(
            $$$"""{"detail":[{"loc":["body","prompt"],"msg":"{{{Message}}}","type":"content_policy_violation","url":"https://docs.fal.ai/errors#content_policy_violation","input":{"prompt":"a gang rape"}}]}""",
            answer.Body.ToJsonString());
    }

    [Fact]
    public async Task The_same_prompt_runs_with_the_checker_off()
    {
        string input = RunningServer.Input.Replace("a boat", "a gang rape", StringComparison.Ordinal).Replace("\"seed\":7", "\"seed\":7,\"enable_safety_checker\":false,\"enable_prompt_expansion\":false,\"use_multiscale\":false", StringComparison.Ordinal);
        string id = await demo.Server.SubmitAsync(input);
        await demo.Server.WaitAsync(id);

        Assert.Equal(200, (await demo.Server.ResultAsync(id)).StatusCode);
    }

    [Theory]
    [InlineData("image", null, """["body","image_url"]""", "image_url")]
    [InlineData("end_image", null, """["body"]""", "prompt")]
    [InlineData("output", 3, """["body"]""", "prompt")]
    [InlineData("negative_prompt", null, """["body"]""", "prompt")]
    public async Task Refused_pictures_and_frames_are_named_where_the_caller_gave_them(string field, int? frame, string location, string input)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator { Failure = new SafetyException(field, "a secret reason", frame) });
        string id = await server.SubmitAsync();
        await server.WaitAsync(id);
        Answer answer = await server.ResultAsync(id);

        JsonNode entry = Assert.Single(answer.Body["detail"]!.AsArray())!;
        Assert.Equal((422, location, "content_policy_violation"), (answer.StatusCode, entry["loc"]!.ToJsonString(), (string)entry["type"]!));
        Assert.Equal([input], entry["input"]!.AsObject().Select(property => property.Key));
        Assert.DoesNotContain("secret", answer.Body.ToJsonString(), StringComparison.Ordinal);
    }
}
