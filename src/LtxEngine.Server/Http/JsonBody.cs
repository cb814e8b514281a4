using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace LtxEngine.Server.Http;

/// <summary>Reads bodies: limited in size, and kept on disk until they are complete, so that many slow or endless senders cost no memory.</summary>
internal static class JsonBody
{
    private const int MaxDepth = 64;
    private const int MemoryThreshold = 1 << 16;

    /// <summary>Sets the largest size of a request's body. Kestrel refuses more, whether its length was told or not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">Largest number of bytes.</param>
    /// <exception cref="ApiErrorException">413 or 415.</exception>
    public static void Limit(HttpContext context, long limit)
    {
        if (context.Request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiErrors.Text(415, "Compressed bodies are not accepted");
        }

        if (context.Request.ContentLength > limit)
        {
            throw ApiErrors.TooLarge(limit);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }
    }

    /// <summary>Reads a JSON body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">Largest number of bytes.</param>
    /// <param name="folder">Where large bodies lie until they are complete.</param>
    /// <returns>The document; dispose it. Null where there is no body.</returns>
    /// <exception cref="ApiErrorException">422: the body is not JSON; 413.</exception>
    public static async Task<JsonDocument?> ReadAsync(HttpContext context, long limit, string folder)
    {
        Limit(context, limit);
        byte[] bytes;
        FileBufferingReadStream buffered = new(context.Request.Body, MemoryThreshold, bufferLimit: null, folder);
        await using (buffered.ConfigureAwait(false))
        {
            await buffered.DrainAsync(context.RequestAborted).ConfigureAwait(false);
            bytes = new byte[buffered.Length];
            buffered.Position = 0;
            await buffered.ReadExactlyAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        }

        return bytes.Length == 0 ? null : Parse(bytes);
    }

    private static JsonDocument Parse(byte[] bytes)
    {
        JsonDocument? document = null;
        try
        {
            if (!System.Text.Unicode.Utf8.IsValid(bytes))
            {
                throw Invalid(0, "The text is not UTF-8");
            }

            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
            CheckTexts(document.RootElement);
            return document;
        }
        catch (JsonException exception)
        {
            throw Invalid(Offset(bytes, exception), "The text is not valid JSON, or deeper than 64 levels");
        }
        catch (InvalidOperationException)
        {
            document?.Dispose();
            throw Invalid(0, "A text holds half a surrogate pair");
        }
    }

    /// <summary>Half a surrogate pair can be written in JSON, but is no text; what reads it later would fail.</summary>
    private static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    CheckTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckTexts(property.Value);
                }

                break;
            default:
                break;
        }
    }

    private static ApiErrorException Invalid(int offset, string error) =>
        ApiErrors.Field("json_invalid", "JSON decode error", [JsonValue.Create(offset)], new JsonObject(), new JsonObject { ["error"] = error });

    /// <summary>The place of an error in characters from the start.</summary>
    private static int Offset(byte[] bytes, JsonException exception)
    {
        int start = 0;
        for (long line = exception.LineNumber ?? 0; line > 0; line--)
        {
            start = Array.IndexOf(bytes, (byte)'\n', start) + 1;
        }

        int end = (int)Math.Min(start + (exception.BytePositionInLine ?? 0), bytes.Length);
        return Encoding.UTF8.GetCharCount(bytes, 0, end);
    }
}
