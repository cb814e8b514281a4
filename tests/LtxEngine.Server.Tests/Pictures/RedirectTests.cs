using System.Net;
using System.Net.Sockets;
using System.Text;
using LtxEngine.Server.Files;
using LtxEngine.Server.Pictures;

namespace LtxEngine.Server.Tests.Pictures;

/// <summary>
/// Ways inside that begin with an allowed address. For these tests 127.0.0.1 counts as public; a socket that listens at 127.0.0.2 stands for the
/// inside and must stay untouched.
/// </summary>
public sealed class RedirectTests : IAsyncLifetime
{
    private static readonly IPAddress Outside = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Inside = IPAddress.Parse("127.0.0.2");

    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _outside = new(Outside, 0);
    private readonly TcpListener _inside = new(Inside, 0);
    private readonly List<string> _asked = [];
    private int _insideConnections;
    private int _outsideConnections;
    private string _answer = string.Empty;

    private int InsidePort => ((IPEndPoint)_inside.LocalEndpoint).Port;

    private int OutsidePort => ((IPEndPoint)_outside.LocalEndpoint).Port;

    public ValueTask InitializeAsync()
    {
        _outside.Start();
        _inside.Start();
        _ = ServeAsync(_outside, () => Interlocked.Increment(ref _outsideConnections));
        _ = ServeAsync(_inside, () => Interlocked.Increment(ref _insideConnections));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _outside.Stop();
        _inside.Stop();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("http://127.0.0.2:PORT/secret")]
    [InlineData("http://inside.example:PORT/secret")]
    [InlineData("http://mixed.example:PORT/secret")]
    [InlineData("//127.0.0.2:PORT/secret")]
    [InlineData("http://outside.example@127.0.0.2:PORT/secret")]
    [InlineData("http://2130706434:PORT/")]
    public async Task A_redirect_to_the_inside_is_not_followed(string target)
    {
        _answer = $"HTTP/1.1 302 Found\r\nLocation: {target.Replace("PORT", $"{InsidePort}", StringComparison.Ordinal)}\r\nContent-Length: 0\r\n\r\n";

        await AssertRefusedAsync($"http://outside.example:{OutsidePort}/picture.png");

        Assert.Equal((1, 0), (_outsideConnections, _insideConnections));
    }

    [Fact]
    public async Task A_name_with_one_address_inside_is_refused_as_a_whole()
    {
        await AssertRefusedAsync($"http://mixed.example:{OutsidePort}/picture.png");

        Assert.Equal((0, 0), (_outsideConnections, _insideConnections));
    }

    [Fact]
    public async Task The_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_once()
    {
        _answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

        await FetchAsync($"http://rebinding.example:{OutsidePort}/picture.png");

        Assert.Equal(["rebinding.example"], _asked);
        Assert.Equal("abc", await File.ReadAllTextAsync(_folder.File("picture")));

        // The second request finds the name changed, and no kept connection.
        await AssertRefusedAsync($"http://rebinding.example:{OutsidePort}/picture.png");
        Assert.Equal((1, 0), (_outsideConnections, _insideConnections));
    }

    private async Task AssertRefusedAsync(string address) =>
        Assert.Equal("file_download_error", (await Assert.ThrowsAsync<PictureException>(() => FetchAsync(address, "refused"))).Type);

    private async Task FetchAsync(string address, string name = "picture")
    {
        using GuardedHttp http = new(Outside.Equals, ResolveAsync);
        PictureFetcher fetcher = new(http, new LocalFileStore(_folder.File("files"), 1000, TimeProvider.System), new LtxServerOptions { ImageTimeout = Testing.HangLimit.Time });
        await fetcher.FetchAsync(address, _folder.File(name), CancellationToken.None);
    }

    private Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        _asked.Add(host);
        return Task.FromResult<IPAddress[]>(host switch
        {
            "outside.example" => [Outside],
            "inside.example" => [Inside],
            "mixed.example" => [Outside, Inside],
            "rebinding.example" => [_asked.Count == 1 ? Outside : Inside],
            _ => [IPAddress.Parse(host)],
        });
    }

    private async Task ServeAsync(TcpListener listener, Action count)
    {
        try
        {
            while (true)
            {
                using Socket connection = await listener.AcceptSocketAsync();
                count();
                byte[] request = new byte[4096];
                await connection.ReceiveAsync(request);
                await connection.SendAsync(Encoding.ASCII.GetBytes(_answer));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
