using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

/// <summary>Flags that take a file with a place or a strength.</summary>
public sealed class RequestFlagTests
{
    private static readonly string[] Generate = ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", "x", "--out", Path.Combine(Path.GetTempPath(), "ltx-flag-test.mp4")];

    [Theory]
    [InlineData("--frame-image middle.png", "--frame-image is \"middle.png\"; allowed: FRAME=FILE or FRAME@STRENGTH=FILE")]
    [InlineData("--frame-image 3=", "--frame-image is \"3=\"; allowed: FRAME=FILE")]
    [InlineData("--frame-image 1@2@3=x.png", "--frame-image is \"1@2@3=x.png\"; allowed: FRAME=FILE")]
    [InlineData("--frame-image 99=x.png --num-frames 9", "--frame-image is 99; allowed: 0 … 8, the frames of the clip.")]
    [InlineData("--frame-image 3@1.5=x.png", "--frame-image is 1.5; allowed: 0 … 1.")]
    [InlineData("--frame-image 3=x.png --frame-image 3=y.png", "--frame-image is \"at frame 3\"; allowed: one image for each frame")]
    [InlineData("--lora nowhere.safetensors:0.4", "--lora is \"nowhere.safetensors\"; allowed: a LoRA of this model")]
    [InlineData("--lora C:\\nowhere", "--lora is \"C:\\nowhere\"; allowed: a LoRA of this model")]
    [InlineData("--lora nowhere:nan", "--lora is NaN; allowed: a finite number.")]
    [InlineData("--camera-lora dolly_in", "--camera-lora is \"dolly_in\"; allowed: none; the model folder holds no camera LoRA")]
    [InlineData("--end-image-strength -1", "--end-image-strength is -1; allowed: 0 … 1.")]
    [InlineData("--interpolation-direction up", "--interpolation-direction is \"up\"; allowed: forward, backward.")]
    [InlineData("--keyframe-time-extent long", "--keyframe-time-extent is \"long\"; allowed: one-frame, eight-frames.")]
    public async Task A_value_that_cannot_be_used_is_named(string flags, string message)
    {
        CommandLine run = await CommandLine.RunAsync([.. Generate, .. flags.Split(' ')]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains("ltx: " + message, run.Error, StringComparison.Ordinal);
    }
}
