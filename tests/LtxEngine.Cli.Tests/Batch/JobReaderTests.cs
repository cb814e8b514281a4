using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Cli.Batch;
using LtxEngine.Requests;

namespace LtxEngine.Cli.Tests.Batch;

/// <summary>Jobs files of both kinds.</summary>
public sealed class JobReaderTests : IDisposable
{
    /// <summary>Every field that a job can have, with a value that is not its default.</summary>
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["prompt"] = "a \"white\" boat, with waves",
        ["negative_prompt"] = "grey\nand dull",
        ["enable_prompt_expansion"] = "true",
        ["enable_safety_checker"] = "true",
        ["image"] = "pictures/boat.png",
        ["image_strength"] = "0.9",
        ["end_image"] = "ball.png",
        ["end_image_strength"] = "0.8",
        ["images"] = "3@0.5=ball.png|5=boat.png",
        ["interpolation_direction"] = "backward",
        ["keyframe_time_extent"] = "eight-frames",
        ["image_crf"] = "20",
        ["use_multiscale"] = "true",
        ["width"] = "320",
        ["height"] = "192",
        ["num_frames"] = "25",
        ["fps"] = "12.5",
        ["num_inference_steps"] = "7",
        ["sampler"] = "res-2s",
        ["sigma_schedule"] = "1, 0.5, 0",
        ["acceleration"] = "high",
        ["seed"] = "-9223372036854775807",
        ["guidance_scale"] = "2.5",
        ["guidance_preset"] = "january-29",
        ["guidance"] = """{"video":{"cfg_scale":4}}""",
        ["audio_guidance_scale"] = "6",
        ["stg_scale"] = "0.5",
        ["stg_blocks"] = "1,2",
        ["stg_mode"] = "value-pass-through",
        ["modality_scale"] = "2",
        ["rescale_scale"] = "0.4",
        ["guidance_skip_step"] = "1",
        ["cfg_variant"] = "apg",
        ["apg_eta"] = "0.5",
        ["apg_norm_threshold"] = "9",
        ["loras"] = "style.safetensors:0.5|other.safetensors",
        ["camera_lora"] = "dolly_in",
        ["camera_lora_scale"] = "0.7",
        ["distilled_lora_strength"] = "0.6",
        ["lora_mode"] = "applied",
        ["lora_rounding"] = "brain-float",
        ["generate_audio"] = "false",
        ["video_output_type"] = "vp9",
        ["video_quality"] = "maximum",
        ["video_write_mode"] = "small",
        ["sync_mode"] = "true",
        ["previews"] = "true",
        ["count"] = "2",
        ["output"] = "boat.webm",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-jobs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Json_lines_and_tables_take_every_field_and_mean_the_same()
    {
        // The size can be given in one way only, and the folder of saved steps is the batch's own.
        Assert.Equal(
            LibraryProfile.Instance.Fields.Select(field => field.Name).Except(["video_size", "size_from_image", "checkpoint_directory"], StringComparer.Ordinal).Concat(["count", "output"]).Order(StringComparer.Ordinal),
            Values.Keys.Order(StringComparer.Ordinal));

        BatchJob[] fromTable = Read("jobs.csv", string.Join(',', Values.Keys) + "\r\n" + string.Join(',', Values.Values.Select(Cell)) + "\r\n");
        BatchJob[] fromJson = Read("jobs.jsonl", "\n" + JsonSerializer.Serialize(Values) + "\n\n");

        Assert.Equal(["boat-1.webm", "boat-2.webm"], fromTable.Select(job => job.Output));
        Assert.Equal([-9223372036854775807, -9223372036854775806], fromTable.Select(job => job.Request.Seed!.Value));
        for (int clip = 0; clip < 2; clip++)
        {
            JsonObject written = RequestWriter.Write(fromTable[clip].Request);
            Assert.Equal(written.ToJsonString(), RequestWriter.Write(fromJson[clip].Request).ToJsonString());
            Assert.Equal(fromTable[clip].Fields, fromJson[clip].Fields);
            Assert.Equal(fromTable[clip].Output, fromJson[clip].Output);
        }

        GenerationRequest request = fromTable[0].Request;
        Assert.Equal(("a \"white\" boat, with waves", 320, 12.5), (request.Prompt, request.Width, request.Fps));
        Assert.Equal([new LoraUse(Path.Combine(_folder, "style.safetensors"), 0.5), new LoraUse(Path.Combine(_folder, "other.safetensors"))], request.Loras);
        Assert.Equal(
            new[] { "pictures/boat.png", "ball.png", "ball.png", "boat.png", "style.safetensors", "other.safetensors" }.Select(name => Path.GetFullPath(Path.Combine(_folder, name))),
            fromTable[0].Files);
        Assert.Equal(Path.Combine(_folder, "pictures", "boat.png"), (string?)RequestWriter.Write(request)["image"]);
    }

    [Fact]
    public void Names_come_from_the_line_and_the_kind_of_file_where_nothing_is_said()
    {
        BatchJob[] jobs = Read(
            "jobs.jsonl",
            """
            {"prompt":"a"}
            {"prompt":"b","video_output_type":"gif","output":"b"}

            {"prompt":"c","output":"c.mov","count":1}
            {"prompt":"d","output":"version 1.2"}
            """,
            count: 2);

        Assert.Equal(
            ["0001-1.mp4", "0001-2.mp4", "b-1.gif", "b-2.gif", "c.mov", "version 1.2-1.mp4", "version 1.2-2.mp4"], jobs.Select(job => job.Output));
        Assert.Equal([1, 1, 2, 2, 4, 5, 5], jobs.Select(job => job.Line));
        Assert.All(jobs, job => Assert.Null(job.Request.Seed));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_its_line()
    {
        string[] errors = Errors(
            "jobs.jsonl",
            """
            {"prompt":"a","num_frames":0,"count":0}
            {"prompt":"b"
            {"num_frame":5,"output":"../b"}
            [1]
            {"prompt":"c","checkpoint_directory":"x","image":"https://example.org/a.png"}
            {"prompt":"d","prompt":"e"}
            {"prompt":"f","output":"Same"}
            {"prompt":"g","output":"same"}
            """);

        Assert.Collection(
            errors,
            e => Assert.StartsWith("line 2 is no JSON object", e, StringComparison.Ordinal),
            e => Assert.StartsWith("line 6 is no JSON object", e, StringComparison.Ordinal),
            e => Assert.Equal("line 1: count is 0; allowed: 1 … 1000.", e),
            e => Assert.StartsWith("line 1: num_frames is 0; allowed: 1 … ", e, StringComparison.Ordinal),
            e => Assert.StartsWith("line 3: prompt is missing", e, StringComparison.Ordinal),
            e => Assert.Contains("num_frames may be meant", e, StringComparison.Ordinal),
            e => Assert.StartsWith("line 3: output is \"../b\"; allowed: a file name", e, StringComparison.Ordinal),
            e => Assert.Equal("line 4 is no JSON object of fields.", e),
            e => Assert.StartsWith("line 5: image is", e, StringComparison.Ordinal),
            e => Assert.Equal("line 7 and line 8: output is \"Same.mp4\" more than once; every clip needs a name of its own.", e));
    }

    [Fact]
    public void Tables_tell_rows_that_do_not_fit()
    {
        Assert.Contains("line 3 has 3 cells, the first row 2", Assert.Single(Errors("jobs.csv", "prompt,seed\na,1\nb, with waves,2\n")), StringComparison.Ordinal);
        Assert.StartsWith("line 2: a quote is missing", Assert.Single(Errors("jobs.csv", "prompt,seed\n\"a,1\n")), StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Errors("jobs.csv", "prompt,prompt\na,b\n"));
        Assert.Throws<UsageException>(() => Errors("jobs.txt", "prompt"));
        Assert.Equal([1, 2], Read("jobs.csv", "prompt,seed,height\na,1,\nb,2\n").Select(job => (int)job.Request.Seed!.Value));
    }

    private static string Cell(string value) => "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private BatchJob[] Read(string name, string content, int count = 1)
    {
        List<string> errors = [];
        BatchJob[] jobs = [.. Read(name, content, count, errors)];
        Assert.Empty(errors);
        return jobs;
    }

    private string[] Errors(string name, string content)
    {
        List<string> errors = [];
        Read(name, content, count: 1, errors);
        return [.. errors];
    }

    private IReadOnlyList<BatchJob> Read(string name, string content, int count, List<string> errors)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return new JobReader(_folder, count).Read(JobsFile.Read(path, errors), errors);
    }
}
