using LtxEngine.Media.Output;
using LtxEngine.Pipeline;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Planning;

namespace LtxEngine;

/// <content>What a caller of many requests wants to know before and after they run.</content>
public sealed partial class LtxPipeline
{
    /// <summary>Tells the model apart from others by its content, wherever its folder lies.</summary>
    internal ModelOrigin Origin => _origin.Value;

    /// <summary>The LoRA files that a request takes, those of the model folder included.</summary>
    /// <param name="request">The request, which need not be a valid one.</param>
    internal IEnumerable<string> LorasOf(GenerationRequest request)
    {
        IEnumerable<string> own = request.Loras?.Where(lora => lora?.Path is not null).Select(lora => lora.Path) ?? [];
        string? camera = request.CameraLora is { } name ? _model.Profile.CameraLoras.GetValueOrDefault(name) : null;
        string? distilled = request.UseMultiscale ? _model.Profile.DistilledLora : null;
        return own.Concat(new[] { camera, distilled }.OfType<string>());
    }

    /// <summary>Prompts that the text encoder has seen so far; remembered ones are not encoded again.</summary>
    internal int PromptsEncoded => _promptEncoder.Encoded;

    /// <summary>Checks a request as <see cref="GenerateToFileAsync"/> does, images included, without running it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="path">The file; one that exists is taken for one that may be replaced.</param>
    /// <param name="cancellationToken">Stops reading images.</param>
    /// <returns>The warnings that it would have.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed.</exception>
    /// <exception cref="MediaException">ffmpeg is needed and cannot be used.</exception>
    internal async Task<IReadOnlyList<string>> CheckAsync(GenerationRequest request, string path, CancellationToken cancellationToken)
    {
        // Whether a picture can be read does not depend on the compression that follows, which takes longer than reading.
        Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images = _images.LoadAsync(request with { ImageCrf = 0 }, cancellationToken);
        GenerationRequest typed = request with { VideoOutputType = request.VideoOutputType ?? VideoEncodings.TypeOf(path) };
        IReadOnlyList<RequestError> output =
        [
            .. await FindMissingEncoderAsync(typed.VideoOutputType, cancellationToken).ConfigureAwait(false),
            .. OutputCheck.FindErrors(path, request.VideoOutputType, new SaveOptions { Overwrite = true }),
        ];
        IReadOnlyList<string> warnings = (await PlanAsync(typed, images, output, NoMissingEncoder).ConfigureAwait(false)).Warnings;
        await images.ConfigureAwait(false);
        return warnings;
    }

    private static Dictionary<string, string> FingerprintLoras(GenerationPlan plan) => plan.Stage.Loras
        .Concat(plan.SecondStage?.Loras ?? [])
        .Select(lora => lora.Path)
        .Distinct(StringComparer.Ordinal)
        .ToDictionary(path => path, FileIdentity.OfContent, StringComparer.Ordinal);
}
