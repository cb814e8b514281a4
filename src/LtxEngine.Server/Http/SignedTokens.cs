using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LtxEngine.Server.Http;

/// <summary>Tokens that carry what they permit: base64url of JSON and of its HMAC-SHA-256, joined by a dot. Nothing is stored for them.</summary>
/// <param name="secret">Signs them.</param>
/// <param name="time">Tells whether they have expired.</param>
internal sealed class SignedTokens(ServerSecret secret, TimeProvider time)
{
    private const int MaxLength = 4096;

    /// <summary>Makes a token.</summary>
    /// <param name="purpose">What it is for; it is worth nothing for another purpose.</param>
    /// <param name="lifetime">How long it is valid.</param>
    /// <param name="content">What it carries, serialisable as JSON.</param>
    public string Create<T>(string purpose, TimeSpan lifetime, T content)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(new Envelope<T>((time.GetUtcNow() + lifetime).ToUnixTimeSeconds(), content), JsonAnswer.Options);
        return $"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString(Sign(purpose, payload))}";
    }

    /// <summary>Reads a token.</summary>
    /// <param name="purpose">What it must be for.</param>
    /// <param name="token">Any text.</param>
    /// <param name="content">What it carries.</param>
    /// <returns>Whether it is ours, for this purpose, and still valid.</returns>
    public bool TryRead<T>(string purpose, string? token, out T content)
    {
        content = default!;
        if (token is null or { Length: > MaxLength } || token.Split('.') is not [{ } first, { } second] || !Base64Url.IsValid(first) || !Base64Url.IsValid(second))
        {
            return false;
        }

        byte[] payload = Base64Url.DecodeFromChars(first);
        if (!CryptographicOperations.FixedTimeEquals(Sign(purpose, payload), Base64Url.DecodeFromChars(second)))
        {
            return false;
        }

        Envelope<T> envelope = JsonSerializer.Deserialize<Envelope<T>>(payload, JsonAnswer.Options)!;
        content = envelope.Content;
        return envelope.Expires > time.GetUtcNow().ToUnixTimeSeconds();
    }

    private byte[] Sign(string purpose, byte[] payload) => HMACSHA256.HashData(secret.DeriveKey("token " + Encoding.UTF8.GetByteCount(purpose) + " " + purpose), payload);

    private sealed record Envelope<T>(long Expires, T Content);
}
