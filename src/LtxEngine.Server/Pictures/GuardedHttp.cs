using System.Net;
using System.Net.Sockets;

namespace LtxEngine.Server.Pictures;

/// <summary>
/// Sends requests to addresses that callers named. A host name is resolved once, every one of its addresses is checked, and the connection goes to
/// the address that was checked: a name cannot change its meaning in between. Nothing is redirected by itself, no proxy or cookies are used.
/// </summary>
internal sealed class GuardedHttp : IDisposable
{
    private static readonly HttpRequestOptionsKey<bool> AllowPrivate = new("AllowPrivate");

    private readonly HttpMessageInvoker _client;
    private readonly Func<IPAddress, bool> _isAllowed;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;

    /// <summary>Creates a sender.</summary>
    /// <param name="allowPrivateNetwork">Whether addresses that are not public may be used.</param>
    public GuardedHttp(bool allowPrivateNetwork)
        : this(address => allowPrivateNetwork || AddressRules.IsPublic(address), Dns.GetHostAddressesAsync)
    {
    }

    /// <summary>Creates a sender with rules of its own.</summary>
    /// <param name="isAllowed">Whether an address may be used.</param>
    /// <param name="resolve">Finds the addresses of a host name.</param>
    internal GuardedHttp(Func<IPAddress, bool> isAllowed, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        _isAllowed = isAllowed;
        _resolve = resolve;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            // A kept connection would skip the check of the next request to the same name.
            PooledConnectionLifetime = TimeSpan.Zero,
            UseCookies = false,
            UseProxy = false,
        });
    }

    /// <summary>Reads an address as every part of the server does: absolute, http or https, no user, a host name.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The address; null where it cannot be used.</returns>
    public static Uri? Parse(string? text) =>
        text is { Length: > 0 and <= 8192 }
        && !text.Any(c => char.IsControl(c) || c is ' ' or '\\')
        && Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
        && url.Scheme is "http" or "https"
        && url.UserInfo.Length == 0
        && url.Host.Length > 0
        && url.Port is > 0 and <= 65535
            ? url
            : null;

    /// <summary>Sends one request and reads the answer's head.</summary>
    /// <param name="request">The request.</param>
    /// <param name="allowPrivate">Whether this request may go to addresses that are not public.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The answer; dispose it.</returns>
    /// <exception cref="HttpRequestException">The address is refused or does not answer.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool allowPrivate, CancellationToken cancellationToken)
    {
        request.Options.Set(AllowPrivate, allowPrivate);
        return _client.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        bool allowed = context.InitialRequestMessage.Options.TryGetValue(AllowPrivate, out bool allow) && allow;
        IPAddress[] addresses = await _resolve(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0)
        {
            throw new HttpRequestException("The host has no address.");
        }

        // One address that is not public makes the whole name suspicious.
        if (!allowed && !addresses.All(_isAllowed))
        {
            throw new HttpRequestException("The host has an address that is not public.");
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
