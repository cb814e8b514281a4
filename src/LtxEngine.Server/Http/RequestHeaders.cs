using System.Globalization;
using System.Text.Json;
using LtxEngine.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Reads the optional headers that clients send.</summary>
internal static class RequestHeaders
{
    /// <summary>The priority; unknown words mean normal.</summary>
    /// <param name="headers">The headers.</param>
    public static JobPriority Priority(IHeaderDictionary headers) =>
        headers["x-fal-queue-priority"].ToString().Trim().Equals("low", StringComparison.OrdinalIgnoreCase) ? JobPriority.Low : JobPriority.Normal;

    /// <summary>Time that may pass until the work starts; null for any.</summary>
    /// <param name="headers">The headers.</param>
    /// <exception cref="ApiErrorException">400: the value is no positive number.</exception>
    public static TimeSpan? StartTimeout(IHeaderDictionary headers)
    {
        foreach (string name in (ReadOnlySpan<string>)["x-fal-request-start-timeout", "x-fal-request-timeout"])
        {
            string text = headers[name].ToString();
            if (text.Length == 0)
            {
                continue;
            }

            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < 1e9
                ? TimeSpan.FromSeconds(seconds)
                : throw ApiErrors.Text(400, $"{name} must be a positive number of seconds", "bad_request");
        }

        return null;
    }

    /// <summary>How long a file is to be kept; null where nothing usable is said.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="names">The headers to look at, in this order.</param>
    public static TimeSpan? Lifetime(IHeaderDictionary headers, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            string text = headers[name].ToString();
            if (text.Length is 0 or > 4096)
            {
                continue;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(text);
                if (document.RootElement.ValueKind == JsonValueKind.Object
                    && document.RootElement.TryGetProperty("expiration_duration_seconds", out JsonElement seconds)
                    && seconds.ValueKind == JsonValueKind.Number
                    && seconds.TryGetDouble(out double value)
                    && value is > 0 and < 1e9)
                {
                    return TimeSpan.FromSeconds(value);
                }
            }
            catch (JsonException)
            {
                // A preference that cannot be read is none.
            }
        }

        return null;
    }
}
