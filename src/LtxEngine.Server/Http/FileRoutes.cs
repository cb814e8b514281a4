using LtxEngine.Server.Files;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LtxEngine.Server.Http;

/// <summary>Gives files to whoever knows their address, with ranges, so that browsers can seek in videos.</summary>
internal sealed class FileRoutes(IFileStore files)
{
    /// <summary><c>GET /files/ID/NAME</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="id">Any text where the id stands.</param>
    /// <param name="name">Any text where the name stands.</param>
    public async Task GetAsync(ApiRequest request, string id, string name)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            throw ApiErrors.WrongMethod("GET");
        }

        if (await files.FindAsync(id, request.Aborted).ConfigureAwait(false) is not { } file
            || file.Name != name
            || await files.OpenAsync(id, request.Aborted).ConfigureAwait(false) is not { } content)
        {
            throw ApiErrors.Text(StatusCodes.Status404NotFound, "File not found");
        }

        IHeaderDictionary headers = request.Context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        // What a browser might run as a page of this server is only ever saved.
        bool isMedia = file.ContentType != "image/svg+xml"
            && (file.ContentType.StartsWith("image/", StringComparison.Ordinal) || file.ContentType.StartsWith("video/", StringComparison.Ordinal) || file.ContentType.StartsWith("audio/", StringComparison.Ordinal));
        if (!isMedia)
        {
            headers.ContentDisposition = $"attachment; filename=\"{file.Name}\"";
        }

        // Units other than bytes mean nothing here, and are to be ignored.
        if (!request.Context.Request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
        {
            request.Context.Request.Headers.Remove("Range");
        }

        await Results.Stream(content, file.ContentType, lastModified: file.Created, entityTag: new EntityTagHeaderValue($"\"{file.Hash[..32]}\""), enableRangeProcessing: true)
            .ExecuteAsync(request.Context).ConfigureAwait(false);
    }
}
