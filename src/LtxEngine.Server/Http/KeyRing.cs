using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Decides who may call. Keys are compared by their SHA-256 in constant time, all of them every time.</summary>
internal sealed class KeyRing
{
    /// <summary>Purpose of the tokens that replace a key in queries.</summary>
    public const string CallPurpose = "call";

    /// <summary>Purpose of the tokens for uploads.</summary>
    public const string UploadPurpose = "upload";

    private readonly byte[][] _keys;
    private readonly SignedTokens _tokens;

    /// <summary>Creates a ring.</summary>
    /// <param name="keys">The keys; none lets everybody in.</param>
    /// <param name="tokens">Checks tokens.</param>
    public KeyRing(IEnumerable<string> keys, SignedTokens tokens)
    {
        _keys = [.. keys.Select(Hash)];
        _tokens = tokens;
    }

    /// <summary>Whether there are keys.</summary>
    public bool IsEnforced => _keys.Length > 0;

    /// <summary>Lets a caller in, or not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="acceptsUploadToken">Whether a token for uploads is enough.</param>
    /// <returns>A name of the caller for rate limits, which does not tell the key.</returns>
    /// <exception cref="ApiErrorException">401.</exception>
    public string Authorize(ApiRequest request, bool acceptsUploadToken = false)
    {
        string header = request.Context.Request.Headers.Authorization.ToString();
        int space = header.IndexOf(' ', StringComparison.Ordinal);
        string scheme = space < 0 ? string.Empty : header[..space];
        string credential = space < 0 ? string.Empty : header[(space + 1)..].Trim();
        bool hasScheme = scheme.Equals("Key", StringComparison.OrdinalIgnoreCase) || scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);
        if (!IsEnforced)
        {
            return "address " + request.Context.Connection.RemoteIpAddress;
        }

        if (request.Query.TryGetValue("fal_jwt_token", out Microsoft.Extensions.Primitives.StringValues token)
            && _tokens.TryRead(CallPurpose, token.ToString(), out string caller))
        {
            return caller;
        }

        if (acceptsUploadToken && hasScheme && _tokens.TryRead(UploadPurpose, credential, out caller))
        {
            return caller;
        }

        if (header.Length == 0)
        {
            throw ApiErrors.Text(StatusCodes.Status401Unauthorized, "Authentication is required to access this application");
        }

        if (!hasScheme || credential.Length == 0)
        {
            throw ApiErrors.Text(StatusCodes.Status401Unauthorized, "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.");
        }

        byte[] given = Hash(credential);
        int match = -1;
        for (int i = 0; i < _keys.Length; i++)
        {
            match = CryptographicOperations.FixedTimeEquals(_keys[i], given) ? i : match;
        }

        return match >= 0 ? $"key {match}" : throw ApiErrors.Text(StatusCodes.Status401Unauthorized, "No user found for Key ID and Secret");
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
