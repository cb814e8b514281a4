using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Cli.Commands;

namespace LtxEngine.Cli.Batch;

/// <summary>Runs the clips of a batch on one pipeline.</summary>
/// <param name="pipeline">The pipeline.</param>
/// <param name="folder">The folder of the batch.</param>
/// <param name="view">Shows how far the clips are.</param>
/// <param name="lineWritten">Is given every line of the results.</param>
internal sealed class BatchRunner(LtxPipeline pipeline, BatchFolder folder, IBatchView view, Action<JsonObject> lineWritten)
{
    private int _failed;

    /// <summary>Clips that failed.</summary>
    public int Failed => _failed;

    /// <summary>
    /// Checks clips before the first of them runs. Clips of one line differ in their seeds only, so the first of them is looked at.
    /// </summary>
    /// <param name="jobs">The clips.</param>
    /// <param name="cancellationToken">Stops reading pictures.</param>
    /// <returns>A message for every value that cannot be used.</returns>
    public async Task<IReadOnlyList<string>> CheckAsync(IReadOnlyList<BatchJob> jobs, CancellationToken cancellationToken)
    {
        BatchJob[] lines = [.. jobs.DistinctBy(job => job.Line)];
        IReadOnlyList<RequestError>[] errors = new IReadOnlyList<RequestError>[lines.Length];
        await Parallel.ForAsync(0, lines.Length, cancellationToken, async (index, token) =>
        {
            try
            {
                await pipeline.CheckAsync(lines[index].Request, folder.PathOf(lines[index]), token).ConfigureAwait(false);
                errors[index] = [];
            }
            catch (InvalidRequestException exception)
            {
                errors[index] = exception.Errors;
            }
        }).ConfigureAwait(false);
        return [.. lines.Zip(errors).SelectMany(line => line.Second.Select(error => $"{line.First.Name}: {error}"))];
    }

    /// <summary>Runs clips. A clip that fails does not stop the others.</summary>
    /// <param name="jobs">The clips with their keys.</param>
    /// <param name="parallel">How many are handed to the pipeline at a time.</param>
    /// <param name="cancellationToken">Stops within one device operation; the steps that are done stay saved.</param>
    /// <exception cref="OperationCanceledException">The batch was stopped.</exception>
    public Task RunAsync(IReadOnlyList<(BatchJob Job, string Key)> jobs, int parallel, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        InOrderOfPrompts(jobs),
        new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken },
        async (job, token) => await RunAsync(job.Job, job.Key, token).ConfigureAwait(false));

    /// <summary>Notes a clip that was finished when the process was killed.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="key">Its key.</param>
    /// <param name="seed">Its seed.</param>
    public void NoteFinished(BatchJob job, string key, long seed)
    {
        JsonObject line = Line(job, key, BatchFolder.Done);
        line["sha256"] = BatchFolder.Hash(folder.PathOf(job));
        line["file"] = folder.PathOf(job);
        line["file_size"] = new FileInfo(folder.PathOf(job)).Length;
        line["seed"] = seed;
        Write(line);
        folder.RemoveWork(key);
    }

    /// <summary>
    /// Clips of equal prompts one after the other, so that each prompt is encoded once however many there are, and within them those of
    /// equal LoRAs, so that weights are prepared once; otherwise in the order of the file.
    /// </summary>
    private static IEnumerable<(BatchJob Job, string Key)> InOrderOfPrompts(IEnumerable<(BatchJob Job, string Key)> jobs) => jobs
        .GroupBy(job => (job.Job.Request.Prompt, job.Job.Request.NegativePrompt))
        .SelectMany(same => same.GroupBy(job => string.Join('\n', job.Job.Request.Loras) + "\n" + job.Job.Request.CameraLora).SelectMany(group => group));

    private async Task RunAsync(BatchJob job, string key, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        view.Begin(job);
        try
        {
            long seed = folder.Begin(job, key);
            GenerationRequest request = job.Request with { Seed = seed, CheckpointDirectory = folder.WorkOf(key) };
            SavedVideo saved = await GenerateAsync(job, key, request, cancellationToken).ConfigureAwait(false);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            JsonObject line = Line(job, key, BatchFolder.Done);
            line["sha256"] = BatchFolder.Hash(folder.PathOf(job));
            foreach ((string name, JsonNode? value) in JsonSerializer.SerializeToNode(GenerateCommand.Describe(saved, pipeline, elapsed), CommandJson.Options)!.AsObject())
            {
                line[name] = value?.DeepClone();
            }

            Write(line);
            folder.RemoveWork(key);
            view.End(job, error: null, elapsed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to this clip; the others go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failed);
            JsonObject line = Line(job, key, BatchFolder.Failed);
            line["error"] = exception.Message;
            if (exception is InvalidRequestException invalid)
            {
                line["errors"] = JsonSerializer.SerializeToNode(invalid.Errors, CommandJson.Options);
            }

            Write(line);
            view.End(job, exception.Message, Stopwatch.GetElapsedTime(start));
        }
    }

    private async Task<SavedVideo> GenerateAsync(BatchJob job, string key, GenerationRequest request, CancellationToken cancellationToken)
    {
        // What may be replaced was settled before the first clip ran: earlier results of this batch, or anything with --overwrite.
        SaveOptions options = new() { Overwrite = true, Sidecar = true };
        JobProgress progress = new(view, job);
        try
        {
            return await pipeline.GenerateToFileAsync(request, folder.PathOf(job), options, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidRequestException exception) when (exception.Errors is [{ Field: "checkpoint_directory" }])
        {
            // Steps of another version of the engine or another device: only the steps are lost, the clip is not.
            folder.DropSteps(key);
            return await pipeline.GenerateToFileAsync(request, folder.PathOf(job), options, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    private static JsonObject Line(BatchJob job, string key, string status) => new()
    {
        ["output"] = job.Output,
        ["status"] = status,
        ["line"] = job.Line,
        ["clip"] = job.Clip,
        ["job"] = key,
    };

    private void Write(JsonObject line)
    {
        folder.Append(line);
        lineWritten(line);
    }

    private sealed class JobProgress(IBatchView view, BatchJob job) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => view.Report(job, value);
    }
}
