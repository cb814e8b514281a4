using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Server.Pictures;
using LtxEngine.Server.Work;

namespace LtxEngine.Server.Http;

/// <summary>
/// <c>POST /api/estimate?model=ENDPOINT</c> with the endpoint's input: what it would make and cost, without running it. Only pictures that
/// lie here already are looked at, so an estimate never makes the server fetch anything.
/// </summary>
internal sealed class EstimateRoute(
    IClipGenerator generator, PictureFetcher pictures, EndpointNames endpoints, KeyRing keys, ServerFolders folders, LtxServerOptions options)
{
    /// <summary>Answers with the estimate.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answering">The work; null where the path is another.</param>
    public bool TryHandle(ApiRequest request, out Task? answering) =>
        (answering = request.Segments is ["api", "estimate"] ? EstimateAsync(request) : null) is not null;

    private async Task EstimateAsync(ApiRequest request)
    {
        if (request.Method != "POST")
        {
            throw ApiErrors.WrongMethod("POST");
        }

        keys.Authorize(request);
        string name = request.Query["model"].ToString() is { Length: > 0 } given ? given : endpoints.All[0];
        string endpoint = endpoints.Find(name) ?? throw ApiErrors.UnknownApplication(name);
        using JsonDocument input = await QueueRoutes.ReadInputAsync(request, options, folders).ConfigureAwait(false);
        InputReading reading = InputReader.Read(input.RootElement);
        if (reading.Request is not { } clip)
        {
            throw new ApiErrorException(422, new JsonObject { ["detail"] = reading.Errors });
        }

        string folder = Directory.CreateDirectory(Path.Combine(folders.Bodies, Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            string picture = Path.Combine(folder, "image");
            bool isKnown = await TryTakeAsync(reading.ImageUrl, picture, request.Aborted).ConfigureAwait(false);
            clip = isKnown ? clip with { Image = ImageSource.FromFile(picture) } : clip with { SizeFromImage = false };
            await JsonAnswer.WriteAsync(request.Context, 200, Describe(await generator.EstimateAsync(endpoint, clip, request.Aborted).ConfigureAwait(false), isKnown)).ConfigureAwait(false);
        }
        catch (InvalidRequestException exception)
        {
            throw new ApiErrorException(422, JsonNode.Parse(JobOutcomes.Refused(exception, input.RootElement).Body)!.AsObject());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<bool> TryTakeAsync(string? reference, string path, CancellationToken cancellationToken)
    {
        try
        {
            return reference is not null && await pictures.TryFetchLocalAsync(reference, path, cancellationToken).ConfigureAwait(false);
        }
        catch (PictureException)
        {
            // Running it will tell what is wrong with the picture; size and price are an estimate all the same.
            return false;
        }
    }

    private static JsonObject Describe(GenerationEstimate estimate, bool isPictureKnown) => new()
    {
        ["width"] = estimate.Width,
        ["height"] = estimate.Height,
        ["num_frames"] = estimate.NumFrames,
        ["duration"] = Math.Round(estimate.Duration.TotalSeconds, 3),
        ["is_exact"] = isPictureKnown,
        ["forward_passes"] = estimate.ForwardPasses,
        ["tera_flops"] = Math.Round(estimate.TeraFlops, 3),
        ["price_units"] = estimate.PriceUnits,
        ["price"] = estimate.Price,
        ["warnings"] = new JsonArray([.. estimate.Warnings.Select(warning => (JsonNode)warning)]),
    };
}
