using System.IO.Compression;
using LtxEngine.Server.Files;
using LtxEngine.Server.Pictures;
using LtxEngine.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Tests.Pictures;

/// <summary>Fetching from a host that answers in bad ways; private addresses are allowed here, because the host is this machine.</summary>
[Collection(nameof(MemoryCollection))]
public sealed class PictureFetcherTests : IAsyncLifetime
{
    private const long Limit = 100_000;
    private const long MaxGrowth = 32 << 20;
    private readonly TemporaryFolder _folder = new();
    private readonly GuardedHttp _http = new(allowPrivateNetwork: true);
    private WebApplication _host = null!;
    private LocalFileStore _files = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _host = builder.Build();
        _host.MapGet("/ok", () => Results.Bytes([1, 2, 3], "image/png"));
        _host.MapGet("/hop/{n:int}", (int n) => Results.Redirect(n == 0 ? "/ok" : $"/hop/{n - 1}"));
        _host.MapGet("/to", (string url) => Results.Redirect(url));
        _host.MapGet("/missing", () => Results.NotFound());
        _host.MapGet("/empty", () => Results.Bytes([], "image/png"));
        _host.MapGet("/large", () => Results.Bytes(new byte[Limit + 1], "image/png"));
        _host.MapGet("/endless", async (HttpContext context) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[4096], context.RequestAborted);
            }
        });
        _host.MapGet("/bomb", async (HttpContext context) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using GZipStream zip = new(context.Response.Body, CompressionLevel.Fastest);
            for (int i = 0; i < 10_000 && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await zip.WriteAsync(new byte[100_000], context.RequestAborted);
            }
        });
        _host.MapGet("/silent", async (HttpContext context) => await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
        await _host.StartAsync();
        _files = new LocalFileStore(_folder.File("files"), 1_000_000, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/ok")]
    [InlineData("/hop/4")]
    public async Task Pictures_come_directly_and_over_up_to_five_redirects(string path) => Assert.Equal([1, 2, 3], await FetchAsync(_host.Urls.First() + path));

    [Theory]
    [InlineData("/hop/5", "file_download_error")]
    [InlineData("/missing", "file_download_error")]
    [InlineData("/empty", "file_download_error")]
    [InlineData("/silent", "file_download_error")]
    [InlineData("/to?url=file:///etc/passwd", "file_download_error")]
    [InlineData("/to?url=ftp://example.com/x", "file_download_error")]
    [InlineData("/to?url=http://user@example.com/x", "file_download_error")]
    [InlineData("/large", "file_too_large")]
    [InlineData("/endless", "file_too_large")]
    [InlineData("/bomb", "file_too_large")]
    public async Task Bad_answers_are_refused(string path, string type)
    {
        // The host in this process answers beside the fetch, so that a single measurement may be too high. What the fetch itself kept would be there each time.
        long growth = long.MaxValue;
        for (int i = 0; i < 5 && growth > MaxGrowth; i++)
        {
            long before = ResidentMemory.Settled(() => ResidentMemory.Private);
            Assert.Equal(type, (await Assert.ThrowsAsync<PictureException>(() => FetchAsync(_host.Urls.First() + path))).Type);
            growth = Math.Min(growth, ResidentMemory.Private - before);
        }

        Assert.InRange(growth, long.MinValue, MaxGrowth);
    }

    [Theory]
    [InlineData("data:image/png;base64,AQID", new byte[] { 1, 2, 3 })]
    [InlineData("data:;base64,AQID", new byte[] { 1, 2, 3 })]
    [InlineData("DATA:image/png;charset=x;BASE64,AQI", new byte[] { 1, 2 })]
    [InlineData("data:image/png;base64,%2B%2B%2B%2B", new byte[] { 0xfb, 0xef, 0xbe })]
    [InlineData("data:text/plain,a%20b+%C3%A4", new byte[] { 97, 32, 98, 43, 0xc3, 0xa4 })]
    public async Task Data_addresses_are_read(string address, byte[] content) => Assert.Equal(content, await FetchAsync(address));

    [Theory]
    [InlineData("data:image/png;base64")]
    [InlineData("data:image/png;base64,")]
    [InlineData("data:image/png;base64,@@@@")]
    public async Task Damaged_data_addresses_are_refused(string address) =>
        Assert.Equal("file_download_error", (await Assert.ThrowsAsync<PictureException>(() => FetchAsync(address))).Type);

    [Fact]
    public async Task A_data_address_that_is_too_large_is_refused() =>
        Assert.Equal("file_too_large", (await Assert.ThrowsAsync<PictureException>(() => FetchAsync("data:;base64," + new string('A', 200_000)))).Type);

    [Fact]
    public async Task Our_own_files_are_read_from_the_store_whatever_host_their_address_names()
    {
        string id = FileIds.Create();
        await _files.AddAsync(new NewFile(id, "a.png", "image/png", null), new MemoryStream([9, 8]), 10);

        Assert.Equal([9, 8], await FetchAsync($"http://127.0.0.1:1/cdn/files/{id}/a.png"));
    }

    private async Task<byte[]> FetchAsync(string reference)
    {
        string path = _folder.File(Path.GetRandomFileName());

        // Only the host that never answers may meet the limit of time.
        TimeSpan timeout = reference.EndsWith("/silent", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : HangLimit.Time;
        PictureFetcher fetcher = new(_http, _files, new LtxServerOptions { MaxImageBytes = Limit, ImageTimeout = timeout });
        await fetcher.FetchAsync(reference, path, CancellationToken.None);
        return await File.ReadAllBytesAsync(path);
    }
}
