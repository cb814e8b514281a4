using System.Security.Cryptography;
using LtxEngine.Media.Images;

namespace LtxEngine.Pipeline;

/// <summary>Reads the images of a request, before and while earlier requests run.</summary>
/// <param name="preprocessor">Decodes and compresses them.</param>
internal sealed class ImageLoader(ImagePreprocessor preprocessor)
{
    /// <summary>Decodes every image once and passes it through the compression.</summary>
    /// <param name="request">The request, which need not be a valid one.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The pictures at their own size.</returns>
    /// <exception cref="InvalidRequestException">Images cannot be used; all of them are listed.</exception>
    /// <exception cref="MediaException">ffmpeg cannot be used.</exception>
    public async Task<IReadOnlyDictionary<ImageSource, LoadedImage>> LoadAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        Dictionary<ImageSource, LoadedImage> images = [];
        List<RequestError> errors = [];
        foreach ((string field, ImageSource source) in Sources(request))
        {
            if (images.ContainsKey(source))
            {
                continue;
            }

            try
            {
                RgbImage decoded = await preprocessor.DecodeAsync(source, cancellationToken).ConfigureAwait(false);

                // A CRF outside its range is the plan's to report; the picture itself can be judged all the same.
                RgbImage compressed = await preprocessor.CompressAsync(decoded, Math.Clamp(request.ImageCrf, 0, 51), cancellationToken).ConfigureAwait(false);
                ReadOnlyMemory<byte> content = source.Pixels?.Pixels ?? await source.ReadEncodedAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
                images.Add(source, new LoadedImage(decoded, compressed) { Hash = Convert.ToHexStringLower(SHA256.HashData(content.Span)) });
            }
            catch (MediaException exception) when (
                exception.Kind is MediaErrorKind.Unreadable or MediaErrorKind.UnsupportedFormat or MediaErrorKind.Corrupt or MediaErrorKind.TooLarge)
            {
                errors.Add(new RequestError(field, source.Description, $"a readable picture ({exception.Message.Split('\n')[0].TrimEnd('.', '\r')})") { ImageError = exception.Kind });
            }
        }

        return errors.Count == 0 ? images : throw new InvalidRequestException(errors);
    }

    /// <summary>The images of a request with the names of their fields.</summary>
    /// <param name="request">The request, which need not be a valid one.</param>
    public static IEnumerable<(string Field, ImageSource Source)> Sources(GenerationRequest request)
    {
        if (request.Image is not null)
        {
            yield return ("image", request.Image);
        }

        if (request.EndImage is not null)
        {
            yield return ("end_image", request.EndImage);
        }

        for (int i = 0; i < (request.Images?.Count ?? 0); i++)
        {
            if (request.Images![i]?.Image is { } image)
            {
                yield return ($"images[{i}]", image);
            }
        }
    }
}
