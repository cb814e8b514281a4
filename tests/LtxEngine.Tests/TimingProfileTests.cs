using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>A profile accounts for the whole time of a request and changes nothing of its result.</summary>
public sealed class TimingProfileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ltx-profile-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(WeightResidencyMode.KeepLoaded)]
    [InlineData(WeightResidencyMode.StreamBlocks)]
    public async Task Stages_add_up_and_the_clip_is_the_same(WeightResidencyMode residency)
    {
        TimingProfile profile = new();
        await using LtxPipeline measured = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Profile = profile, Residency = residency });
        await using LtxPipeline plain = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        SavedVideo saved = await measured.GenerateToFileAsync(DemoPipeline.Request, Path.Combine(_folder.FullName, "clip.mp4"));
        GenerationResult expected = await plain.GenerateAsync(DemoPipeline.Request);

        Assert.Equal(expected.Latents.Video.Data, saved.Result.Latents.Video.Data);
        IReadOnlyList<OperationTiming> rows = profile.Operations;
        string trace = Path.Combine(_folder.FullName, "stages.json");
        profile.WriteTrace(trace);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(trace));
        JsonElement[] stages = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.TryGetProperty("cat", out JsonElement cat) && cat.GetString() == "stage")];
        foreach (GenerationStage stage in (GenerationStage[])[GenerationStage.TextEncoding, GenerationStage.Denoising, GenerationStage.AudioDecoding])
        {
            // Weights that are streamed in run beside the operations, so that a stage may count more than it lasted, never less. The trace
            // rounds to a fraction of a microsecond.
            double sum = rows.Where(row => row.Stage == stage).Sum(row => row.Elapsed.TotalMicroseconds);
            double lasted = stages.Where(e => e.GetProperty("name").GetString() == Words(stage)).Sum(e => e.GetProperty("dur").GetDouble());
            Assert.True(lasted > 0);
            Assert.InRange(sum, lasted - 1, residency == WeightResidencyMode.KeepLoaded ? lasted + 1 : double.MaxValue);
        }

        OperationTiming linear = rows.Single(row => row.Stage == GenerationStage.Denoising && row.Operation == "linear");
        OperationTiming attention = rows.Single(row => row.Stage == GenerationStage.Denoising && row.Operation == "attention");
        Assert.True(linear.Flops > 1e8 && attention.Flops > 1e6 && linear.Bytes > 1e6);
        Assert.Contains(rows, row => row.Stage == GenerationStage.VideoDecoding && row.Operation == "graph video_vae_decoder");
        Assert.True(profile.PeakGigaflops > 0);
    }

    [Fact]
    public async Task The_number_of_operations_and_their_arithmetic_grow_with_the_steps_exactly()
    {
        OperationTiming two = await Linear(steps: 2);
        OperationTiming four = await Linear(steps: 4);
        OperationTiming six = await Linear(steps: 6);
        Assert.Equal(six.Calls - four.Calls, four.Calls - two.Calls);
        Assert.Equal(six.Flops - four.Flops, four.Flops - two.Flops);
        Assert.True(four.Calls > two.Calls);
    }

    [Fact]
    public async Task The_trace_holds_every_stage_and_operation_in_Chromes_format()
    {
        TimingProfile profile = new();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Profile = profile });
        await pipeline.GenerateAsync(DemoPipeline.Request);
        string path = Path.Combine(_folder.FullName, "trace.json");

        profile.WriteTrace(path);

        using JsonDocument trace = JsonDocument.Parse(await File.ReadAllBytesAsync(path));
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        JsonElement[] spans = [.. events.Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(profile.Operations.Where(row => row.Operation != OperationTiming.Outside).Sum(row => row.Calls), spans.Count(e => e.GetProperty("cat").GetString() != "stage"));
        Assert.Contains(spans, e => e.GetProperty("cat").GetString() == "stage" && e.GetProperty("name").GetString() == "denoising");
        Assert.All(spans, e => Assert.True(e.GetProperty("ts").GetDouble() >= 0 && e.GetProperty("dur").GetDouble() >= 0));

        // Every operation of a stage lies within the stage, to the fraction of a microsecond that is written.
        JsonElement denoising = spans.Single(e => e.GetProperty("name").GetString() == "denoising");
        double begin = denoising.GetProperty("ts").GetDouble() - 0.2;
        double end = begin + denoising.GetProperty("dur").GetDouble() + 0.4;
        Assert.All(
            spans.Where(e => e.GetProperty("cat").GetString() == "denoising"),
            e => Assert.InRange(e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble(), begin, end));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    private static string Words(GenerationStage stage) => stage == GenerationStage.Denoising ? "denoising" : stage.ToString().Replace("Encoding", " encoding", StringComparison.Ordinal).Replace("Decoding", " decoding", StringComparison.Ordinal).ToLowerInvariant();

    private static async Task<OperationTiming> Linear(int steps)
    {
        TimingProfile profile = new();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Profile = profile });
        await pipeline.GenerateAsync(DemoPipeline.Request with { NumInferenceSteps = steps });
        return profile.Operations.Single(row => row.Stage == GenerationStage.Denoising && row.Operation == "linear");
    }
}
