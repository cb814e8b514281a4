using LtxEngine.Media.Output;
using LtxEngine.Pipeline;
using LtxEngine.Pipeline.Resume;

namespace LtxEngine;

/// <content>What a caller of many requests wants to know before and after they run.</content>
public sealed partial class LtxPipeline
{
    /// <summary>Tells the model apart from others by its content, wherever its folder lies.</summary>
    internal string ModelIdentity => FileIdentity.OfContent(_model.Files.Checkpoint);

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
        Task<IReadOnlyList<RequestError>> output = FindOutputErrorsAsync(
            typed.VideoOutputType, OutputCheck.FindErrors(path, request.VideoOutputType, new SaveOptions { Overwrite = true }), cancellationToken);
        IReadOnlyList<string> warnings = (await PlanAsync(typed, images, output).ConfigureAwait(false)).Warnings;
        await images.ConfigureAwait(false);
        return warnings;
    }
}
