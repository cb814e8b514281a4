using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>LoRA files on the demo model.</summary>
public sealed class LoraTests(DemoPipeline demo) : IClassFixture<DemoPipeline>, IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ltx-lora-{Guid.NewGuid():N}.safetensors");

    private readonly LtxPipeline _pipeline = demo.Pipeline;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_LoRA_changes_the_clip_by_its_strength_and_leaves_nothing_behind()
    {
        DemoFolder.WriteLora(_file, 0.02f);
        float[] plain = await LatentAsync();
        float[] weak = await LatentAsync(new LoraUse(_file, 0.5));
        float[] strong = await LatentAsync(new LoraUse(_file, 1));
        float[] twice = await LatentAsync(new LoraUse(_file, 0.5), new LoraUse(_file, 0.5));

        Assert.True(Distance(plain, weak) > 1e-4, $"{Distance(plain, weak)}");
        Assert.True(Distance(plain, strong) > 1.3 * Distance(plain, weak), $"{Distance(plain, strong)} at 1, {Distance(plain, weak)} at 0.5");
        Assert.True(Distance(strong, twice) < 1e-3 * Distance(plain, strong), $"{Distance(strong, twice)} between strength 1 and twice 0.5");
        Assert.Equal(strong, await LatentAsync(new LoraUse(_file, 1)));
        Assert.Equal(plain, await LatentAsync(new LoraUse(_file, 0)));
        Assert.Equal(plain, await LatentAsync());
    }

    [Fact]
    public async Task LoRAs_beside_the_weights_give_the_clip_of_added_ones()
    {
        DemoFolder.WriteLora(_file, 0.02f);
        float[] plain = await LatentAsync();
        float[] added = await LatentAsync(new LoraUse(_file, 0.8));
        float[] beside = (await _pipeline.GenerateAsync(DemoPipeline.Request with { Loras = [new LoraUse(_file, 0.8)], LoraMode = LoraMode.Applied })).Latents.Video.Data;
        float[] rounded = (await _pipeline.GenerateAsync(DemoPipeline.Request with { Loras = [new LoraUse(_file, 0.8)], LoraRounding = LoraRounding.BrainFloat })).Latents.Video.Data;

        Assert.True(Distance(plain, added) > 1e-4);
        Assert.True(Distance(added, beside) < 1e-4, $"{Distance(added, beside)} beside the weights");
        Assert.True(Distance(added, rounded) is > 0 and < 0.1, $"{Distance(added, rounded)} with rounding");
        Assert.Equal(plain, await LatentAsync());
    }

    [Fact]
    public async Task A_file_that_was_written_anew_is_another_LoRA()
    {
        DemoFolder.WriteLora(_file, 0.02f);
        File.SetLastWriteTimeUtc(_file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        float[] before = await LatentAsync(new LoraUse(_file));
        DemoFolder.WriteLora(_file, 0.03f);

        Assert.NotEqual(before, await LatentAsync(new LoraUse(_file)));
    }

    [Fact]
    public async Task What_a_LoRA_holds_for_nothing_is_a_warning()
    {
        DemoFolder.WriteLora(
            _file,
            0.02f,
            ("diffusion_model.transformer_blocks.99.attn1.to_q.lora_A.weight", new(2, 8)),
            ("diffusion_model.transformer_blocks.99.attn1.to_q.lora_B.weight", new(8, 2)),
            ("something_else", new(1)));
        GenerationResult result = await _pipeline.GenerateAsync(DemoPipeline.Request with { Loras = [new LoraUse(_file)] });

        Assert.Equal(2, result.Warnings.Count);
        Assert.Contains("1 tensors change nothing of the transformer and are ignored (something_else)", result.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("1 of its layers do not exist in this model and are ignored (transformer_blocks.99.attn1.to_q)", result.Warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_cannot_be_used_are_named_with_all_other_fields()
    {
        string other = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "vae-epsilon.safetensors");
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(
            DemoPipeline.Request with { Width = 1, Loras = [new LoraUse("nowhere.safetensors"), new LoraUse(other), new LoraUse(_file, double.NaN)], CameraLora = "dolly_in" }));

        Assert.Equal(["width", "loras[2].strength", "camera_lora", "loras[0]", "loras[1]", "loras[2]"], error.Errors.Select(e => e.Field));
        Assert.Contains("holds no LoRA", error.Errors[4].Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_LoRA_is_found_by_name()
    {
        using DemoFolder folder = new(description => description["files"]!["camera_loras"]!["dolly-in"] = "dolly.safetensors");
        DemoFolder.WriteLora(folder["dolly.safetensors"], 0.02f);
        DemoFolder.WriteLora(_file, 0.02f);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationResult named = await pipeline.GenerateAsync(DemoPipeline.Request with { CameraLora = "dolly_in", CameraLoraScale = 0.7 });

        Assert.Equal(await LatentAsync(new LoraUse(_file, 0.7)), named.Latents.Video.Data);
    }

    private async Task<float[]> LatentAsync(params LoraUse[] loras) => (await _pipeline.GenerateAsync(DemoPipeline.Request with { Loras = loras })).Latents.Video.Data;

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum() / a.Sum(x => (double)x * x));
}
