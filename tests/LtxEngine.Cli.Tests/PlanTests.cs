using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

public sealed class PlanTests
{
    private static readonly string[] Plan = ["plan", "--model", RepositoryPaths.DemoModel, "--prompt", "x"];
    private static readonly string Boat = Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png");

    [Fact]
    public async Task It_prints_stages_tokens_work_memory_and_price()
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, "--width", "64", "--height", "64", "--num-frames", "9", "--use-multiscale", "--num-inference-steps", "3"]);

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains("clip         64 × 64, 9 frames at 24 frames per second (0.38 s), with sound", run.Output, StringComparison.Ordinal);
        Assert.Contains("price units  1 (0.0018 USD at the hosted endpoint)", run.Output, StringComparison.Ordinal);
        Assert.Contains("refining", run.Output, StringComparison.Ordinal);
        Assert.Contains("  tokens       8 video,", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_the_same_figures()
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, "--json", "--width", "64", "--height", "64", "--num-frames", "9", "--sampler", "res-2s", "--sigma-schedule", "1,0.5,0", "--generate-audio", "false"]);

        JsonElement json = JsonSerializer.Deserialize<JsonElement>(run.Output);
        JsonElement denoising = json.GetProperty("stages").EnumerateArray().Single(stage => stage.GetProperty("stage").GetString() == "denoising");
        Assert.Equal((8, 0, 3), (denoising.GetProperty("video_tokens").GetInt32(), denoising.GetProperty("audio_tokens").GetInt32(), denoising.GetProperty("steps").GetInt32()));
        Assert.Equal([1, 0.5, 0.0011, 0], denoising.GetProperty("sigmas").EnumerateArray().Select(sigma => sigma.GetDouble()));
        Assert.Equal(10, json.GetProperty("forward_passes").GetInt32());
        Assert.Equal(1, json.GetProperty("price_units").GetInt32());
        Assert.True(json.GetProperty("peak_memory_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task The_endpoints_profile_has_its_defaults()
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, "--json", "--profile", "endpoint", "--image", Boat, "--enable-prompt-expansion", "false", "--enable-safety-checker", "false"]);

        Assert.Equal(string.Empty, run.Error.Split('\n').FirstOrDefault(line => line.StartsWith("ltx: ", StringComparison.Ordinal)) ?? string.Empty);
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(run.Output);
        Assert.Equal((128, 128, 121, 25.0), (json.GetProperty("width").GetInt32(), json.GetProperty("height").GetInt32(), json.GetProperty("num_frames").GetInt32(), json.GetProperty("fps").GetDouble()));
        Assert.Equal([40, 3], json.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("steps").GetInt32()).Where(steps => steps > 0));
    }

    [Theory]
    [InlineData("--num-frames 8 --guidance-scale 11", "--num-frames is \"8\"; allowed: 9 … 481.")]
    [InlineData("--num-frames 8 --guidance-scale 11", "--guidance-scale is \"11\"; allowed: 1 … 10.")]
    [InlineData("--camera-lora sideways", "--camera-lora is \"sideways\"; allowed: dolly_in,")]
    [InlineData("--sampler euler --lora x", "--sampler, --lora: not among the fields of the endpoint.")]
    [InlineData("--width 0", "--video-size is \"0\"; allowed: 1 … 14142 pixels.")]
    public async Task The_endpoints_profile_has_its_ranges(string flags, string message)
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, "--profile", "endpoint", "--image", Boat, .. flags.Split(' ')]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_endpoint_requires_a_start_image()
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, "--profile", "endpoint"]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains("--image is missing; allowed: an image.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stg-blocks 99", "--stg-blocks is 99; allowed: blocks 0 …")]
    [InlineData("--stg-mode skip", "--stg-mode is \"skip\"; allowed: residual-skip, value-pass-through.")]
    [InlineData("--cfg-variant mine", "--cfg-variant is \"mine\"; allowed: standard, cfg-star, apg.")]
    [InlineData("--sigma-schedule 0.5,1", "--sigma-schedule is \"0.5,1\"; allowed: at least 2 sigmas")]
    [InlineData("--sampler fast", "--sampler is \"fast\"; allowed: euler, gradient-estimating-euler, res-2s.")]
    [InlineData("--video-size huge", "--video-size is \"huge\"; allowed: auto, square_hd")]
    [InlineData("--video-size auto", "--size-from-image is True; allowed: false, or an image")]
    [InlineData("--video-size square --width 64", "--video-size is \"square\"; allowed: null beside width")]
    [InlineData("--image data:image/png;base64,*", "--image is \"data:image/png;base64,*\"; allowed: data:image/png;base64,… with valid base64")]
    [InlineData("--image https://example.com/a.png", "download the picture first")]
    public async Task Further_fields_are_checked(string flags, string message)
    {
        CommandLine run = await CommandLine.RunAsync([.. Plan, .. flags.Split(' ')]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
