using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Server.Files;
using LtxEngine.Server.Webhooks;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Uploads, their tokens, and call tokens.</summary>
internal sealed class StorageRoutes(IFileStore files, MultipartUploads uploads, SignedTokens tokens, KeyRing keys, RateLimits limits, WebhookSigner signer, ServerFolders folders, LtxServerOptions options, TimeProvider time)
{
    private const int MaxControlBytes = 4 << 20;
    private const string PutPurpose = "put";
    private static readonly TimeSpan PutLifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(12);

    /// <summary>Routes of the rest area.</summary>
    /// <param name="request">The request.</param>
    public Task HandleRestAsync(ApiRequest request) => request.Path.Trim('/') switch
    {
        "storage/upload/initiate" => Post(request, () => InitiateAsync(request, "upload")),
        "storage/upload/initiate-multipart" => Post(request, () => InitiateAsync(request, "multipart")),
        "storage/auth/token" => Post(request, () => CreateUploadTokenAsync(request)),
        "tokens" => Post(request, () => CreateCallTokenAsync(request)),
        ".well-known/jwks.json" => request.Method is "GET" or "HEAD" ? JsonAnswer.WriteAsync(request.Context, 200, signer.KeySet) : throw ApiErrors.WrongMethod("GET"),
        _ => throw ApiErrors.UnknownPath(request.Path),
    };

    /// <summary>Routes of the cdn area that store.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answering">The work; null where the path is none of them.</param>
    public bool TryHandleCdn(ApiRequest request, out Task? answering) => (answering = request.Segments switch
    {
        ["files", "upload"] => Post(request, () => UploadAsync(request)),
        ["files", "upload", "multipart"] => Post(request, () => StartMultipartAsync(request)),
        ["files", { } id, _, "multipart", { } upload, "complete"] => Post(request, () => CompleteAsync(request, ReadToken(request, upload, id))),
        ["files", { } id, _, "multipart", { } upload, { } part] => Put(request, () => PutPartAsync(request, ReadToken(request, upload, id), part)),
        ["upload", { } id] => Put(request, () => PutAsync(request, ReadToken(request, request.Query["sig"].ToString(), id))),
        ["multipart", { } id, "complete"] => Post(request, () => CompleteAsync(request, ReadToken(request, request.Query["sig"].ToString(), id))),
        ["multipart", { } id, { } part] => Put(request, () => PutPartAsync(request, ReadToken(request, request.Query["sig"].ToString(), id), part)),
        _ => null,
    }) is not null;

    private static Task Post(ApiRequest request, Func<Task> handle) => request.Method == "POST" ? handle() : throw ApiErrors.WrongMethod("POST");

    private static Task Put(ApiRequest request, Func<Task> handle) => request.Method == "PUT" ? handle() : throw ApiErrors.WrongMethod("PUT");

    private async Task InitiateAsync(ApiRequest request, string way)
    {
        limits.Count(keys.Authorize(request, acceptsUploadToken: true));
        JsonElement body = await ReadControlAsync(request).ConfigureAwait(false);
        UploadGrant grant = new(
            FileIds.Create(),
            FileNames.Clean(Text(body, "file_name")),
            FileNames.CleanContentType(Text(body, "content_type")),
            Lifetime(request)?.TotalSeconds);
        string token = tokens.Create(PutPurpose, PutLifetime, grant);
        await JsonAnswer.WriteAsync(
            request.Context,
            200,
            new JsonObject
            {
                ["upload_url"] = $"{request.Origin}/cdn/{way}/{grant.Id}?sig={token}",
                ["file_url"] = FileUrls.Create(request.Origin, grant.Id, grant.Name),
            }).ConfigureAwait(false);
    }

    private Task CreateUploadTokenAsync(ApiRequest request)
    {
        string caller = keys.Authorize(request);
        limits.Count(caller);
        return JsonAnswer.WriteAsync(
            request.Context,
            200,
            new JsonObject
            {
                ["token"] = tokens.Create(KeyRing.UploadPurpose, TokenLifetime, caller),
                ["token_type"] = "Bearer",
                ["base_url"] = request.Origin + "/cdn",
                // With a numeric offset: older clients cannot read Z.
                ["expires_at"] = (time.GetUtcNow() + TokenLifetime).ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture),
            });
    }

    private async Task CreateCallTokenAsync(ApiRequest request)
    {
        string caller = keys.Authorize(request);
        limits.Count(caller);
        JsonElement body = await ReadControlAsync(request).ConfigureAwait(false);
        double seconds = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("token_expiration", out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? Math.Clamp(value.GetDouble(), 1, TimeSpan.FromDays(7).TotalSeconds)
            : 120;
        await JsonAnswer.WriteAsync(request.Context, 200, JsonValue.Create(tokens.Create(KeyRing.CallPurpose, TimeSpan.FromSeconds(seconds), caller))).ConfigureAwait(false);
    }

    private async Task UploadAsync(ApiRequest request)
    {
        limits.Count(keys.Authorize(request, acceptsUploadToken: true));
        StoredFile stored = await StoreAsync(request, Grant(request)).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["access_url"] = FileUrls.Create(request.Origin, stored) }).ConfigureAwait(false);
    }

    private Task StartMultipartAsync(ApiRequest request)
    {
        limits.Count(keys.Authorize(request, acceptsUploadToken: true));
        UploadGrant grant = Grant(request);
        return JsonAnswer.WriteAsync(
            request.Context,
            200,
            new JsonObject { ["access_url"] = FileUrls.Create(request.Origin, grant.Id, grant.Name), ["uploadId"] = tokens.Create(PutPurpose, PutLifetime, grant) });
    }

    private async Task PutAsync(ApiRequest request, UploadGrant grant)
    {
        await StoreAsync(request, grant).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(request.Context, 200, new JsonObject()).ConfigureAwait(false);
    }

    private async Task PutPartAsync(ApiRequest request, UploadGrant grant, string part)
    {
        if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > MultipartUploads.MaxParts)
        {
            throw ApiErrors.Text(400, $"The part must be a number from 1 to {MultipartUploads.MaxParts}", "bad_request");
        }

        JsonBody.Limit(request.Context, options.MaxUploadBytes);
        string tag = await Guard(() => uploads.AddPartAsync(grant.Id, number, request.Context.Request.Body, request.Aborted)).ConfigureAwait(false);
        request.Context.Response.Headers.ETag = $"\"{tag}\"";
        await JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["partNumber"] = number, ["etag"] = tag }).ConfigureAwait(false);
    }

    private async Task CompleteAsync(ApiRequest request, UploadGrant grant)
    {
        JsonElement body = await ReadControlAsync(request).ConfigureAwait(false);
        List<int> numbers = [];
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("parts", out JsonElement parts) && parts.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement part in parts.EnumerateArray())
            {
                if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("partNumber", out JsonElement number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int value))
                {
                    numbers.Add(value);
                }
            }
        }

        StoredFile? stored = await files.FindAsync(grant.Id, request.Aborted).ConfigureAwait(false)
            ?? await Guard(() => uploads.CompleteAsync(files, NewFile(grant), numbers, request.Aborted)).ConfigureAwait(false);
        if (stored is null)
        {
            throw ApiErrors.Text(400, "Parts of the upload are missing", "bad_request");
        }

        await JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["access_url"] = FileUrls.Create(request.Origin, stored), ["file_url"] = FileUrls.Create(request.Origin, stored) }).ConfigureAwait(false);
    }

    private Task<StoredFile> StoreAsync(ApiRequest request, UploadGrant grant)
    {
        JsonBody.Limit(request.Context, options.MaxUploadBytes);
        return Guard(() => files.AddAsync(NewFile(grant), request.Context.Request.Body, options.MaxUploadBytes, request.Aborted));
    }

    private static async Task<T> Guard<T>(Func<Task<T>> store)
    {
        try
        {
            return await store().ConfigureAwait(false);
        }
        catch (FileTooLargeException exception)
        {
            throw ApiErrors.TooLarge(exception.Limit);
        }
        catch (StorageFullException)
        {
            throw ApiErrors.StorageFull();
        }
    }

    private static UploadGrant Grant(ApiRequest request)
    {
        IHeaderDictionary headers = request.Context.Request.Headers;
        string name = headers["X-Fal-File-Name"].ToString() is { Length: > 0 } given ? given : "upload.bin";
        return new UploadGrant(FileIds.Create(), FileNames.Clean(name), FileNames.CleanContentType(headers.ContentType), Lifetime(request)?.TotalSeconds);
    }

    private NewFile NewFile(UploadGrant grant) =>
        new(grant.Id, grant.Name, grant.ContentType, grant.LifetimeSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.FileLifetime);

    private static TimeSpan? Lifetime(ApiRequest request) =>
        RequestHeaders.Lifetime(request.Context.Request.Headers, "x-fal-object-lifecycle", "x-fal-object-lifecycle-preference");

    private UploadGrant ReadToken(ApiRequest request, string token, string id) =>
        tokens.TryRead(PutPurpose, token, out UploadGrant grant) && grant.Id == id ? grant
            : throw ApiErrors.Text(request.Method == "PUT" || token.Length > 0 ? 403 : 404, "The upload address is not valid, or has expired");

    private async Task<JsonElement> ReadControlAsync(ApiRequest request)
    {
        using JsonDocument? document = await JsonBody.ReadAsync(request.Context, MaxControlBytes, folders.Bodies).ConfigureAwait(false);
        return document?.RootElement.Clone() ?? default;
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private sealed record UploadGrant(string Id, string Name, string ContentType, double? LifetimeSeconds);
}
