using LtxEngine.Media.Images;
using LtxEngine.Pipeline;
using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <summary>The size of a clip whose aspect ratio is that of its picture.</summary>
/// <remarks>
/// The area is 1248 × 704, that of the hosted endpoint's example, or the model folder's own default where that is smaller than the published
/// one-stage size of 768 × 512. Each side becomes the nearest multiple of 32, with two stages of 64. Pictures longer than 4 : 1 give 4 : 1.
/// </remarks>
internal static class AutoSize
{
    private const double EndpointArea = 1248.0 * 704;
    private const double PublishedArea = 768.0 * 512;
    private const double LongestRatio = 4;

    /// <summary>Fills in the size that follows the picture: the start image, else the end image, else the first of the others.</summary>
    /// <param name="request">The request.</param>
    /// <param name="images">The upright pictures.</param>
    /// <param name="model">The model.</param>
    /// <returns>The request with a size; as it was where the size does not follow a picture or there is none to follow.</returns>
    public static async Task<GenerationRequest> ApplyAsync(GenerationRequest request, Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images, ModelProfile model)
    {
        if (!request.SizeFromImage || request.Width is not null || request.Height is not null || Source(request) is not { } source)
        {
            return request;
        }

        try
        {
            RgbImage picture = (await images.ConfigureAwait(false))[source].Decoded;
            (int width, int height) = Of(picture.Width, picture.Height, request.UseMultiscale, model);
            return request with { SizeFromImage = false, Width = width, Height = height };
        }
        catch (InvalidRequestException)
        {
            // The picture's own error is reported with the others; the rest of the request can be judged at the folder's size.
            return request;
        }
    }

    /// <summary>The size for a picture.</summary>
    /// <param name="pictureWidth">Width of the upright picture.</param>
    /// <param name="pictureHeight">Height of the upright picture.</param>
    /// <param name="hasTwoStages">Whether the clip is made in two stages.</param>
    /// <param name="model">The model.</param>
    public static (int Width, int Height) Of(int pictureWidth, int pictureHeight, bool hasTwoStages, ModelProfile model)
    {
        double folderArea = (double)model.Defaults.Width * model.Defaults.Height;
        double area = folderArea < PublishedArea ? folderArea : EndpointArea;
        double ratio = Math.Clamp((double)pictureWidth / pictureHeight, 1 / LongestRatio, LongestRatio);
        int multiple = model.Scale.Pixels * (hasTwoStages ? 2 : 1);
        return (Round(Math.Sqrt(area * ratio), multiple), Round(Math.Sqrt(area / ratio), multiple));
    }

    /// <summary>The image whose aspect ratio counts; null where there is none.</summary>
    /// <param name="request">The request.</param>
    public static ImageSource? Source(GenerationRequest request) =>
        request.Image ?? request.EndImage ?? request.Images?.Select(image => image?.Image).FirstOrDefault(image => image is not null);

    private static int Round(double side, int multiple) =>
        Math.Clamp((int)Math.Round(side / multiple, MidpointRounding.AwayFromZero), 1, RequestLimits.MaxSide / multiple) * multiple;
}
