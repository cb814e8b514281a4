using System.Text.Json.Nodes;
using LtxEngine.Server.Tests.Clients;

namespace LtxEngine.Server.Tests.Http;

/// <summary>The endpoint's defaults: two stages, prompt expansion, acceleration, the picture's size, 121 frames, 40 steps, safety checker.</summary>
public sealed class EndpointDefaultTests(DemoServer demo) : IClassFixture<DemoServer>
{
    [Fact]
    public async Task A_prompt_and_a_picture_alone_become_a_video()
    {
        string picture = "data:image/png;base64," + Convert.ToBase64String(await File.ReadAllBytesAsync(ClientProgram.Picture));
        string id = await demo.Server.SubmitAsync(new JsonObject { ["prompt"] = "a white boat sails on the blue sea", ["image_url"] = picture }.ToJsonString());
        JsonNode completed = await demo.Server.WaitAsync(id);
        Answer result = await demo.Server.ResultAsync(id);

        Assert.True(result.StatusCode == 200, result.Body.ToJsonString());
        string[] lines = [.. completed["logs"]!.AsArray().Select(line => (string)line!["message"]!)];
        Assert.Contains("Upscaling", lines);
        Assert.Contains("Denoising: step 40 of 40", lines);
        Assert.Contains("Refining: step 3 of 3", lines);
        JsonNode video = result.Body["video"]!;
        Assert.Equal((121, 25.0, "video/mp4"), ((int)video["num_frames"]!, (double)video["fps"]!, (string)video["content_type"]!));
        using TemporaryFolder folder = new();
        string file = folder.File("clip.mp4");
        await File.WriteAllBytesAsync(file, await demo.Server.Client.GetByteArrayAsync((string)video["url"]!));
        Assert.Equal($"h264,{(int)video["width"]!},{(int)video["height"]!},121 aac", await ClientProgram.ProbeAsync(file));

        // The picture is a square, and the demo is made for 128 × 128.
        Assert.Equal((128, 128), ((int)video["width"]!, (int)video["height"]!));
    }
}
