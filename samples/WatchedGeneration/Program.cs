// Progress, previews, cancellation and metrics: dotnet run --project samples/WatchedGeneration -- models/demo "a boat sails" out.mp4
using LtxEngine;
using WatchedGeneration;

if (args is not [string model, string prompt, string output])
{
    Console.Error.WriteLine("usage: WatchedGeneration MODEL_FOLDER PROMPT OUT.mp4");
    return 2;
}

using StageTimes times = new();
using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model });
GenerationRequest request = new() { Prompt = prompt, Previews = true };
try
{
    SavedVideo video = await pipeline.GenerateToFileAsync(
        request, output, progress: new ConsoleProgress(Path.ChangeExtension(output, ".preview.png")), cancellationToken: stop.Token);
    Console.WriteLine($"{video.Path}: {video.NumFrames} frames, seed {video.Result.Seed}");
    return 0;
}
catch (OperationCanceledException)
{
    Console.WriteLine("Cancelled; no file was written.");
    return 130;
}
finally
{
    times.Print();
}
