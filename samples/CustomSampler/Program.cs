// A sampler, a schedule and a guider of your own: dotnet run --project samples/CustomSampler -- models/demo "a boat sails" out.mp4
using LtxEngine;

if (args is not [string model, string prompt, string output])
{
    Console.Error.WriteLine("usage: CustomSampler MODEL_FOLDER PROMPT OUT.mp4");
    return 2;
}

await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model });

SavedVideo video = await pipeline.GenerateToFileAsync(
    new GenerationRequest
    {
        Prompt = prompt,
        NumInferenceSteps = 10,
        Sampler = new HeunSampler(),
        SigmaSchedule = new LinearSchedule(),
        Guider = new IntervalGuider(scale: 4, lowest: 0.2, highest: 0.9),
    },
    output);

Console.WriteLine($"{video.Path}: {video.NumFrames} frames, seed {video.Result.Seed}");
return 0;
