// Makes a clip from a picture and a prompt: dotnet run --project samples/ImageToVideo -- models/demo start.png "a boat sails" out.mp4
using LtxEngine;

if (args is not [string model, string image, string prompt, string output])
{
    Console.Error.WriteLine("usage: ImageToVideo MODEL_FOLDER IMAGE PROMPT OUT.mp4");
    return 2;
}

await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model });

GenerationResult result = await pipeline.GenerateAsync(
    new GenerationRequest { Prompt = prompt, Image = ImageSource.FromFile(image) },
    new Progress<GenerationProgress>(p => Console.WriteLine($"{p.Stage} {p.Step}/{p.Steps}")));

SavedVideo video = await result.SaveAsync(output);
Console.WriteLine($"{video.Path}: {video.NumFrames} frames, seed {result.Seed}");
return 0;
