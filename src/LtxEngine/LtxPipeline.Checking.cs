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

    /// <summary>Checks a request as handing it over does, images included, without running it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops reading images.</param>
    /// <returns>The warnings that it would have.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed.</exception>
    /// <exception cref="MediaException">ffmpeg is needed for an image and cannot be used.</exception>
    internal async Task<IReadOnlyList<string>> CheckAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        // Whether a picture can be read does not depend on the compression that follows, which takes longer than reading.
        Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images = _images.LoadAsync(request with { ImageCrf = 0 }, cancellationToken);
        IReadOnlyList<string> warnings = (await PlanAsync(request, images, outputError: null).ConfigureAwait(false)).Warnings;
        await images.ConfigureAwait(false);
        return warnings;
    }
}
