using System.Text.Json.Nodes;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline.Resume;

/// <summary>Opens the checkpoints of a pipeline's requests.</summary>
/// <param name="model">The model, whose files are identified when a request first needs it.</param>
internal sealed class RequestCheckpoints(LoadedModel model)
{
    private readonly Lazy<JsonObject> _model = new(() => RequestFingerprint.Model(model.Files, model.Device.Arithmetic, model.TextOnKernels));

    /// <summary>Opens the checkpoint of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="images">Its images, which are part of what identifies it.</param>
    /// <returns>The checkpoint; null where the request asks for none.</returns>
    /// <exception cref="InvalidRequestException">The folder cannot be used.</exception>
    public async Task<RequestCheckpoint?> OpenAsync(
        GenerationRequest request, GenerationPlan plan, Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images)
    {
        if (request.CheckpointDirectory is not { } directory)
        {
            return null;
        }

        IReadOnlyDictionary<ImageSource, LoadedImage> pictures = await images.ConfigureAwait(false);
        return await Task.Run(
            () => RequestCheckpoint.Open(directory, RequestFingerprint.Create(plan, pictures, _model.Value), drawnSeed: request.Seed is null)).ConfigureAwait(false);
    }
}
