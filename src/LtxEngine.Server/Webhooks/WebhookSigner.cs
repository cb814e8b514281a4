using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Http;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace LtxEngine.Server.Webhooks;

/// <summary>
/// Signs web hooks as the hosted service does: Ed25519 over four lines joined by <c>\n</c>: request id, user id, time stamp, lower-case
/// hexadecimal SHA-256 of the body. The public key is published as a JSON web key set.
/// </summary>
internal sealed class WebhookSigner
{
    /// <summary>There are no users here; receivers expect the header all the same.</summary>
    public const string UserId = "local";

    private readonly Ed25519PrivateKeyParameters _key;
    private readonly string _publicKey;

    /// <summary>Creates a signer.</summary>
    /// <param name="secret">The key is derived from it, so that it stays the same over restarts.</param>
    public WebhookSigner(ServerSecret secret)
    {
        _key = new Ed25519PrivateKeyParameters(secret.DeriveKey("web hook signature"));
        _publicKey = Base64Url.EncodeToString(_key.GeneratePublicKey().GetEncoded());
    }

    /// <summary>The public key as a JSON web key set.</summary>
    public JsonObject KeySet => new()
    {
        ["keys"] = new JsonArray(new JsonObject
        {
            ["kty"] = "OKP",
            ["crv"] = "Ed25519",
            ["use"] = "sig",
            ["alg"] = "EdDSA",
            ["kid"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_publicKey)).AsSpan(0, 8)),
            ["x"] = _publicKey,
        }),
    };

    /// <summary>The headers that a delivery carries.</summary>
    /// <param name="requestId">The job.</param>
    /// <param name="body">The delivery's body.</param>
    /// <param name="time">When it is sent.</param>
    public IEnumerable<(string Name, string Value)> Sign(string requestId, ReadOnlySpan<byte> body, DateTimeOffset time)
    {
        string timestamp = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] message = Encoding.UTF8.GetBytes($"{requestId}\n{UserId}\n{timestamp}\n{Convert.ToHexStringLower(SHA256.HashData(body))}");
        Ed25519Signer signer = new();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(message, 0, message.Length);
        return
        [
            ("X-Fal-Webhook-Request-Id", requestId),
            ("X-Fal-Webhook-User-Id", UserId),
            ("X-Fal-Webhook-Timestamp", timestamp),
            ("X-Fal-Webhook-Signature", Convert.ToHexStringLower(signer.GenerateSignature())),
        ];
    }
}
