// The engine in a host's container: dotnet run --project samples/DependencyInjection -- models/demo "a boat sails" out.mp4
using LtxEngine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

if (args is not [string model, string prompt, string output])
{
    Console.Error.WriteLine("usage: DependencyInjection MODEL_FOLDER PROMPT OUT.mp4");
    return 2;
}

ServiceCollection services = new();
services.AddLogging(logging => logging.AddSimpleConsole(options => options.SingleLine = true));
services.AddLtxEngine(new LtxPipelineOptions { ModelDirectory = model });
services.AddSingleton<ClipService>();
await using ServiceProvider provider = services.BuildServiceProvider();

await provider.GetRequiredService<ClipService>().MakeAsync(prompt, output, CancellationToken.None);
return 0;

/// <summary>A service of the host that needs clips: the model is loaded by the first one that is asked for.</summary>
internal sealed class ClipService(LtxPipelineHost engine, ILogger<ClipService> log)
{
    public async Task MakeAsync(string prompt, string path, CancellationToken cancellationToken)
    {
        LtxPipeline pipeline = await engine.GetPipelineAsync(cancellationToken);
        SavedVideo video = await pipeline.GenerateToFileAsync(new GenerationRequest { Prompt = prompt }, path, cancellationToken: cancellationToken);
        log.LogInformation("{Path} has {Frames} frames", video.Path, video.NumFrames);
    }
}
