using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LtxEngine.Server.Files;
using LtxEngine.Server.Pictures;

namespace LtxEngine.Server.Tests.Pictures;

/// <summary>Addresses that try to reach inside: every one is refused, and sockets that listen on this machine's own addresses stay untouched.</summary>
public sealed class HostileAddressTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.IPv6Any, 0) { Server = { DualMode = true } };
    private readonly ConcurrentQueue<int> _ports = new();

    public ValueTask InitializeAsync()
    {
        _listener.Start();
        _ = CountAsync();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>PORT stands for the port of the listening socket.</summary>
    public static TheoryData<string> Addresses => new(
        "http://127.0.0.1:PORT/x.png",
        "http://127.1:PORT/x.png",
        "http://127.0.1:PORT/",
        "http://2130706433:PORT/",
        "http://0x7f000001:PORT/",
        "http://0x7f.0.0.1:PORT/",
        "http://0177.0.0.1:PORT/",
        "http://017700000001:PORT/",
        "http://127.255.255.254:PORT/",
        "http://0.0.0.0:PORT/",
        "http://0:PORT/",
        "http://localhost:PORT/x.png",
        "http://LOCALHOST:PORT/x.png",
        "http://localhost.:PORT/x.png",
        "http://foo.localhost:PORT/",
        "http://[::1]:PORT/",
        "http://[0:0:0:0:0:0:0:1]:PORT/",
        "http://[::]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://[::ffff:7f00:1]:PORT/",
        "http://[::127.0.0.1]:PORT/",
        "http://[64:ff9b::127.0.0.1]:PORT/",
        "http://[64:ff9b::a9fe:a9fe]/latest/meta-data/",
        "http://[2002:7f00:1::]:PORT/",
        "http://[fe80::1]:PORT/",
        "http://[fe80::1%25lo]:PORT/",
        "http://[fc00::1]:PORT/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://[ff02::1]:PORT/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1:PORT/",
        "http://172.16.0.1:PORT/",
        "http://172.31.255.255:PORT/",
        "http://192.168.0.1:PORT/",
        "http://100.64.0.1:PORT/",
        "http://198.18.0.1:PORT/",
        "http://224.0.0.1:PORT/",
        "http://255.255.255.255:PORT/",
        "http://user:pass@127.0.0.1:PORT/",
        "http://example.com@127.0.0.1:PORT/",
        "http://127.0.0.1:PORT\\@example.com/",
        "http://127.0.0.1:PORT#@example.com/",
        "http:///127.0.0.1:PORT/",
        "http:127.0.0.1:PORT/",
        "//127.0.0.1:PORT/x.png",
        "http://１２７.0.0.1:PORT/",
        "http://127。0。0。1:PORT/",
        "http://①②⑦.0.0.1:PORT/",
        " http://127.0.0.1:PORT/",
        "http://127.0.0.1:PORT/\r\nHost: example.com",
        "https://127.0.0.1:PORT/",
        "ftp://127.0.0.1:PORT/x.png",
        "gopher://127.0.0.1:PORT/_GET",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "/etc/passwd",
        "..\\..\\secret",
        "jar:http://127.0.0.1:PORT!/",
        "dict://127.0.0.1:PORT/",
        "http://",
        "");

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task It_is_refused_and_nothing_is_connected(string address)
    {
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        LtxServerOptions options = new() { ImageTimeout = Testing.HangLimit.Time };
        using GuardedHttp http = new(allowPrivateNetwork: false);
        PictureFetcher fetcher = new(http, new LocalFileStore(_folder.File("files"), 1000, TimeProvider.System), options);

        PictureException error = await Assert.ThrowsAsync<PictureException>(
            () => fetcher.FetchAsync(address.Replace("PORT", $"{port}", StringComparison.Ordinal), _folder.File("picture"), CancellationToken.None));

        Assert.Equal("file_download_error", error.Type);
        Assert.DoesNotContain("127", error.Message, StringComparison.Ordinal);

        // Connections are taken in the order in which they came: when our own is there, one that was made before it is there as well.
        using TcpClient own = new();
        await own.ConnectAsync(IPAddress.Loopback, port);
        int ownPort = ((IPEndPoint)own.Client.LocalEndPoint!).Port;
        await Testing.HangLimit.UntilAsync(() => _ports.Contains(ownPort));
        Assert.Equal([ownPort], _ports);
        Assert.False(File.Exists(_folder.File("picture")));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.128.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("240.0.0.1", false)]
    [InlineData("100.127.255.255", false)]
    public void Addresses_are_public_or_not(string address, bool isPublic) => Assert.Equal(isPublic, AddressRules.IsPublic(IPAddress.Parse(address)));

    private async Task CountAsync()
    {
        try
        {
            while (true)
            {
                using Socket connection = await _listener.AcceptSocketAsync();
                _ports.Enqueue(((IPEndPoint)connection.RemoteEndPoint!).Port);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
