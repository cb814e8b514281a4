using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx batch</c> as users run it, killed and started again, on the demo model.</summary>
public sealed class BatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder.File("out");

    private string Results => Path.Combine(Out, "results.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Twenty_jobs_killed_three_times_become_twenty_clips_and_nothing_is_made_twice()
    {
        string[] prompts = ["a white boat sails on the blue sea", "a red ball bounces", "a balloon flies", "a white boat sails on the blue sea"];
        await WriteJobsAsync(Enumerable.Range(1, 20).Select(i => Job(prompts[i % 4], $"clip-{i:00}")));
        Random random = new(20);
        Dictionary<string, string> finished = new(StringComparer.Ordinal);
        for (int kill = 1; kill <= 3; kill++)
        {
            int until = (kill * 3) + random.Next(3);
            using Process process = LtxProcess.Start(Batch("--quiet"));
            while (!process.HasExited && (await DoneAsync()).Count < until)
            {
                await Task.Delay(5);
            }

            await Task.Delay(random.Next(200));
            Assert.False(process.HasExited, "ended before it was killed");
            process.Kill();
            await process.WaitForExitAsync();
            Dictionary<string, string> now = await DoneAsync();
            Assert.All(finished, line => Assert.Equal(line.Value, now[line.Key]));
            finished = now;
        }

        LtxProcess last = await LtxProcess.RunAsync(Batch("--json"));
        Assert.True(last.ExitCode == 0, last.Error);

        // Lines hold seed, seconds and hash: an equal line was not written again.
        Dictionary<string, string> done = await DoneAsync();
        Assert.Equal(20, done.Count);
        Assert.All(finished, line => Assert.Equal(line.Value, done[line.Key]));
        Assert.Equal(20 - finished.Count, last.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(
            Enumerable.Range(1, 20).Select(i => $"clip-{i:00}.mp4").Append("results.jsonl"),
            Directory.EnumerateFiles(Out).Select(Path.GetFileName).Where(name => !name!.EndsWith(".json", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (string file in done.Keys)
        {
            Assert.Equal(("h264", "64", "9"), await ProbeAsync(file));
        }

        LtxProcess again = await LtxProcess.RunAsync(Batch());
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("0 made, 0 failed, 20 finished earlier; 0 prompts encoded", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_fails_does_not_stop_the_others_and_is_tried_again()
    {
        string lora = _folder.File("lora.safetensors");
        await WriteLoraAsync(lora);
        await WriteJobsAsync(
        [
            Job("a white boat sails", "first", ("num_inference_steps", 150)),
            Job("a red ball bounces", "second", ("loras", "lora.safetensors")),
            Job("a balloon flies", "third"),
        ]);
        using (Process process = LtxProcess.Start(Batch("--parallel", "1")))
        {
            await WaitForStepsAsync(process);
            File.Delete(lora);
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 1, error);
            Assert.Contains("2 made, 1 failed, 0 finished earlier; 3 prompts encoded", error, StringComparison.Ordinal);
        }

        JsonObject failed = Assert.Single(await LinesAsync(), line => (string?)line["status"] == "failed");
        Assert.Equal(("second.mp4", 2, "loras[0]"), ((string?)failed["output"], (int)failed["line"]!, (string?)failed["errors"]![0]!["field"]));

        await WriteLoraAsync(lora);
        LtxProcess second = await LtxProcess.RunAsync(Batch());
        Assert.True(second.ExitCode == 0, second.Error);
        Assert.Contains("1 made, 0 failed, 2 finished earlier", second.Error, StringComparison.Ordinal);
        Assert.Equal(["first.mp4", "second.mp4", "third.mp4"], (await DoneAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_ends_with_130_and_the_clip_goes_on_at_its_last_step()
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no interrupt signal that reaches one process only.
            return;
        }

        await WriteJobsAsync([Job("a white boat sails", "long", ("num_inference_steps", 150), ("seed", null))]);
        using (Process process = LtxProcess.StartInterruptible(Batch("--quiet")))
        {
            await WaitForStepsAsync(process);
            LtxProcess.Interrupt(process);
            await process.WaitForExitAsync();
            Assert.Equal(130, process.ExitCode);
        }

        Assert.Empty(Directory.EnumerateFiles(Out));
        LtxProcess second = await LtxProcess.RunAsync(Batch("--json"));
        Assert.True(second.ExitCode == 0, second.Error);
        JsonNode line = JsonNode.Parse(second.Output)!;
        Assert.InRange((int)line["resumed_steps"]!, 1, 150);
        Assert.Equal((string?)line["sha256"], (string?)(await LinesAsync()).Single()["sha256"]);
    }

    [Fact]
    public async Task Settings_are_never_there_without_their_clip_and_a_clip_without_its_settings_is_made_whole()
    {
        await WriteJobsAsync([Job("a white boat sails", "first"), Job("a red ball bounces", "second")]);
        string clip = Path.Combine(Out, "first.mp4");
        using (Process process = LtxProcess.Start(Batch("--quiet", "--parallel", "1")))
        {
            // Between video and settings there are microseconds.
            while (!process.HasExited && !File.Exists(clip))
            {
                Assert.False(File.Exists(clip + ".json") && !File.Exists(clip));
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        // What such a kill leaves at its worst: the finished clip alone.
        byte[] finished = await File.ReadAllBytesAsync(clip);
        if ((await DoneAsync()).Count == 0)
        {
            File.Delete(clip + ".json");
        }

        LtxProcess second = await LtxProcess.RunAsync(Batch());
        Assert.True(second.ExitCode == 0, second.Error);
        Dictionary<string, string> done = await DoneAsync();
        Assert.Equal(["first.mp4", "second.mp4"], done.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(finished, await File.ReadAllBytesAsync(clip));
        foreach (string name in done.Keys)
        {
            JsonNode stored = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Out, name + ".json")))!;
            Assert.Equal((int)JsonNode.Parse(done[name])!["seed"]!, (int)stored["request"]!["seed"]!);
        }

        Assert.Empty(Directory.EnumerateFiles(Out, ".*.partial"));
    }

    [Fact]
    public async Task Changed_lines_changed_pictures_and_damaged_files_are_made_again_and_nothing_else()
    {
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"), _folder.File("picture.png"));
        await WriteJobsAsync([Job("a boat", "same"), Job("a ball", "changed"), Job("a boat", "picture", ("image", "picture.png")), Job("a boat", "damaged", ("generate_audio", false))]);
        LtxProcess first = await LtxProcess.RunAsync(Batch());
        Assert.True(first.ExitCode == 0, first.Error);
        // The third is the negative prompt of the folder, which is empty.
        Assert.Contains("4 made, 0 failed, 0 finished earlier; 3 prompts encoded", first.Error, StringComparison.Ordinal);
        Dictionary<string, string> before = await DoneAsync();

        await WriteJobsAsync([Job("a boat", "same"), Job("a red ball", "changed"), Job("a boat", "picture", ("image", "picture.png")), Job("a boat", "damaged", ("generate_audio", false))]);
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "examples", "ball.png"), _folder.File("picture.png"), overwrite: true);
        using (FileStream damaged = File.OpenWrite(Path.Combine(Out, "damaged.mp4")))
        {
            damaged.SetLength(damaged.Length - 10);
        }

        LtxProcess second = await LtxProcess.RunAsync(Batch());
        Assert.True(second.ExitCode == 0, second.Error);
        Assert.Contains("3 made, 0 failed, 1 finished earlier", second.Error, StringComparison.Ordinal);
        Dictionary<string, string> after = await DoneAsync();
        Assert.Equal(["same.mp4"], after.Keys.Where(name => before[name] == after[name]));
        Assert.Equal(Hash(before, "damaged.mp4"), Hash(after, "damaged.mp4"));
        Assert.NotEqual(Hash(before, "picture.mp4"), Hash(after, "picture.mp4"));
    }

    [Fact]
    public async Task Files_of_somebody_else_and_wrong_requests_are_told_before_anything_runs()
    {
        Directory.CreateDirectory(Out);
        await File.WriteAllTextAsync(Path.Combine(Out, "mine.mp4"), "not of a batch");
        await File.WriteAllTextAsync(Path.Combine(Out, "notes.mp4.json"), "not of a batch either");
        await WriteJobsAsync([Job("a boat", "notes"), Job("a boat", "mine"), Job("a boat", "third", ("image", "nowhere.png"), ("camera_lora", "dolly_in"))]);
        LtxProcess run = await LtxProcess.RunAsync(Batch());

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("ltx: line 1: output is \"notes.mp4\"; a file of this name exists", run.Error, StringComparison.Ordinal);
        Assert.Contains("ltx: line 2: output is \"mine.mp4\"; a file of this name exists", run.Error, StringComparison.Ordinal);
        Assert.Contains("ltx: line 3: camera_lora is \"dolly_in\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("ltx: line 3: image is ", run.Error, StringComparison.Ordinal);
        Assert.Equal(["mine.mp4", "notes.mp4.json"], Directory.EnumerateFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_table_with_counts_becomes_clips_with_consecutive_seeds()
    {
        await File.WriteAllTextAsync(_folder.File("jobs.csv"), "prompt,image,width,height,num_frames,num_inference_steps,seed,output\n\"a boat, sailing\",boat.png,64,64,9,2,7,boat\n");
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"), _folder.File("boat.png"));
        LtxProcess run = await LtxProcess.RunAsync(["batch", _folder.File("jobs.csv"), "--model", RepositoryPaths.DemoModel, "--out", Out, "--count", "2"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("[2/2] boat-", run.Error, StringComparison.Ordinal);
        Assert.Equal([7, 8], (await LinesAsync()).OrderBy(line => (int)line["clip"]!).Select(line => (int)line["seed"]!));
        Assert.Equal(("h264", "64", "9"), await ProbeAsync("boat-2.mp4"));
    }

    private static JsonObject Job(string prompt, string output, params (string Name, JsonNode? Value)[] further)
    {
        JsonObject job = new() { ["prompt"] = prompt, ["output"] = output, ["width"] = 64, ["height"] = 64, ["num_frames"] = 9, ["num_inference_steps"] = 3, ["seed"] = 5 };
        foreach ((string name, JsonNode? value) in further)
        {
            job[name] = value;
        }

        return job;
    }

    private static string Hash(Dictionary<string, string> lines, string name) => (string)JsonNode.Parse(lines[name])!["sha256"]!;

    private string[] Batch(params string[] further) => ["batch", _folder.File("jobs.jsonl"), "--model", RepositoryPaths.DemoModel, "--out", Out, .. further];

    private Task WriteJobsAsync(IEnumerable<JsonObject> jobs) => File.WriteAllLinesAsync(_folder.File("jobs.jsonl"), jobs.Select(job => job.ToJsonString()));

    /// <summary>A file that is a LoRA of the demo model and changes nothing.</summary>
    private static Task WriteLoraAsync(string path)
    {
        const string Module = "diffusion_model.transformer_blocks.0.attn1.to_q";
        byte[] model = new byte[1 << 20];
        using (FileStream file = File.OpenRead(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors")))
        {
            file.ReadAtLeast(model, model.Length, throwOnEndOfStream: false);
        }

        using JsonDocument header = JsonDocument.Parse(model.AsMemory(8, (int)BitConverter.ToInt64(model)));
        int[] shape = [.. header.RootElement.GetProperty($"model.{Module}.weight").GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        int a = 4 * shape[1];
        byte[] text = System.Text.Encoding.UTF8.GetBytes(new JsonObject
        {
            [$"{Module}.lora_A.weight"] = Tensor(1, shape[1], 0),
            [$"{Module}.lora_B.weight"] = Tensor(shape[0], 1, a),
        }.ToJsonString());
        return File.WriteAllBytesAsync(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[a + (4 * shape[0])]]);

        static JsonObject Tensor(int rows, int columns, int offset) => new()
        {
            ["dtype"] = "F32",
            ["shape"] = new JsonArray(rows, columns),
            ["data_offsets"] = new JsonArray(offset, offset + (4 * rows * columns)),
        };
    }

    /// <summary>Waits until a clip has saved a step.</summary>
    private async Task WaitForStepsAsync(Process process)
    {
        string work = Path.Combine(Out, ".ltx-batch");
        while (!process.HasExited && !(Directory.Exists(work) && Directory.EnumerateFiles(work, "request.safetensors", SearchOption.AllDirectories).Any()))
        {
            await Task.Delay(2);
        }

        Assert.False(process.HasExited, "ended too early");
    }

    private async Task<JsonObject[]> LinesAsync()
    {
        if (!File.Exists(Results))
        {
            return [];
        }

        // The program may be writing the last line.
        await using FileStream file = new(Results, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file);
        string text = await reader.ReadToEndAsync();
        return [.. text.Split('\n')[..^1].Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    private async Task<Dictionary<string, string>> DoneAsync() =>
        (await LinesAsync()).Where(line => (string?)line["status"] == "done").ToDictionary(line => (string)line["output"]!, line => line.ToJsonString(), StringComparer.Ordinal);

    private async Task<(string Codec, string Width, string Frames)> ProbeAsync(string name)
    {
        using JsonDocument probe = JsonDocument.Parse(await LtxProcess.CaptureAsync(
            "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_streams", "-of", "json", Path.Combine(Out, name)));
        JsonElement video = probe.RootElement.GetProperty("streams")[0];
        return (video.GetProperty("codec_name").GetString()!, video.GetProperty("width").GetInt32().ToString(CultureInfo.InvariantCulture), video.GetProperty("nb_read_frames").GetString()!);
    }
}
