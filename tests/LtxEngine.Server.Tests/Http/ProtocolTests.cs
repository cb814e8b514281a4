using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests.Http;

/// <summary>Runs, errors, CORS, keys, uploads, files and the OpenAPI document.</summary>
public sealed class ProtocolTests
{
    [Theory]
    [InlineData("POST", "/run/fal-ai/other/x", 404, "Application 'fal-ai/other' not found")]
    [InlineData("POST", "/run/fal-ai/ltx-2-19b/image-to-video/stream", 404, "Path /image-to-video/stream not found")]
    [InlineData("GET", "/run/fal-ai/ltx-2-19b/image-to-video", 405, "Method Not Allowed")]
    [InlineData("DELETE", "/queue/fal-ai/ltx-2-19b/image-to-video", 405, "Method Not Allowed")]
    [InlineData("GET", "/queue/fal-ai/ltx-2-19b/requests/no-such-id", 404, "Request not found")]
    [InlineData("GET", "/queue/fal-ai/ltx-2-19b/requests/..%2f..%2fx/status", 404, "Request not found")]
    [InlineData("GET", "/queue/fal-ai/ltx-2-19b/requests/x/status/stream", 404, "Request not found")]
    [InlineData("GET", "/queue/fal-ai/other/requests/x", 404, "Application 'fal-ai/other' not found")]
    [InlineData("POST", "/queue/fal-ai/ltx-2-19b/requests/x/cancel", 405, "Method Not Allowed")]
    [InlineData("GET", "/nothing", 404, "Path /nothing not found")]
    [InlineData("GET", "/rest/nothing", 404, "Path /nothing not found")]
    [InlineData("GET", "/cdn/files/x/y", 404, "File not found")]
    [InlineData("GET", "/cdn/files/..%2f..%2f..%2fsecret/secret", 404, "File not found")]
    [InlineData("PUT", "/cdn/upload/0123456789abcdef0123456789abcdef?sig=x.y", 403, "The upload address is not valid, or has expired")]
    [InlineData("GET", "/api/openapi/queue/openapi.json?endpoint_id=x", 404, "Application 'x' not found")]
    public async Task Every_error_is_a_JSON_object_with_its_text_and_readable_by_pages(string method, string path, int code, string detail)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());

        Answer answer = await server.SendAsync(method, path, method == "POST" ? "{}" : null, ("Origin", "https://page.example"));

        Assert.Equal((code, detail), (answer.StatusCode, (string)answer.Body["detail"]!));
        Assert.Equal("https://page.example", answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("x-fal-request-id", answer.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "missing", """["body"]""")]
    [InlineData("", "missing", """["body"]""")]
    [InlineData("{\"a\":\n\u00e4}", "json_invalid", """["body",6]""")]
    [InlineData("[1]", "model_attributes_type", """["body"]""")]
    [InlineData("\"x\"", "model_attributes_type", """["body"]""")]
    public async Task A_body_that_is_no_object_is_told_where(string? body, string type, string location)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());

        Answer answer = await server.SendAsync("POST", $"/{RunningServer.Endpoint}", body);

        JsonNode entry = Assert.Single(answer.Body["detail"]!.AsArray())!;
        Assert.Equal((422, type, location, "0"), (answer.StatusCode, (string)entry["type"]!, entry["loc"]!.ToJsonString(), answer.Header("x-fal-billable-units")));
        Assert.NotNull(answer.Header("x-fal-request-id"));
    }

    [Fact]
    public async Task A_head_beyond_the_limits_is_answered_with_a_JSON_body()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        (string, string)[] many = [.. Enumerable.Range(0, 80).Select(i => ($"X-{i}", "a"))];

        Answer lines = await server.SendAsync("GET", "/api/models", headers: many);
        Answer bytes = await server.SendAsync("GET", "/api/models", headers: ("X-Long", new string('a', 40_000)));
        Answer target = await server.SendAsync("GET", "/api/models?" + new string('a', 10_000));

        Assert.Matches("^The header has 8[0-9] lines and [0-9]+ bytes; allowed are 64 and 32768$", (string)lines.Body["detail"]!);
        Assert.Matches("^The header has [0-9] lines and 400[0-9]+ bytes; allowed are 64 and 32768$", (string)bytes.Body["detail"]!);
        Assert.Equal("Path and query have more than 8192 characters", (string)target.Body["detail"]!);
        Assert.Equal((431, 431, 414), (lines.StatusCode, bytes.StatusCode, target.StatusCode));
        Assert.True(Guid.TryParse(lines.Header("x-fal-request-id"), out _));
    }

    [Fact]
    public async Task A_refused_input_is_told_by_the_result_and_not_by_the_submit()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());

        string id = await server.SubmitAsync("""{"prompt":5,"image_url":"x","fps":61}""");

        JsonNode status = await server.WaitAsync(id);
        Assert.False(status.AsObject().ContainsKey("error"));
        Answer result = await server.ResultAsync(id);
        Assert.Equal((422, "0"), (result.StatusCode, result.Header("x-fal-billable-units")));
        Assert.Equal(["string_type", "less_than_equal"], result.Body["detail"]!.AsArray().Select(e => (string)e!["type"]!));
    }

    [Fact]
    public async Task A_run_whose_caller_is_gone_is_cancelled()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        using CancellationTokenSource gone = new();
        using StringContent body = new(RunningServer.Input);
        Task<HttpResponseMessage> running = server.Client.PostAsync($"/run/{RunningServer.Endpoint}", body, gone.Token);
        await Testing.HangLimit.UntilAsync(() => !generator.Begun.IsEmpty);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        IJobStore store = server.Services.GetRequiredService<IJobStore>();
        Job job = Assert.Single(await store.ListAsync(10));
        await Testing.HangLimit.UntilAsync(async () => (await store.GetStatusAsync(job.Id))!.State == JobState.Completed);

        Assert.Equal(499, (await store.GetStatusAsync(job.Id))!.StatusCode);
    }

    [Fact]
    public async Task Preflights_are_answered_before_keys_are_asked_for()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), WithKeys);
        using HttpRequestMessage request = new(HttpMethod.Options, $"/queue/{RunningServer.Endpoint}");
        request.Headers.Add("Origin", "https://page.example");
        request.Headers.Add("Access-Control-Request-Headers", "authorization, x-fal-target-url");

        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("authorization, x-fal-target-url", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.Equal("GET, POST, PUT, DELETE, OPTIONS", string.Join(", ", response.Headers.GetValues("Access-Control-Allow-Methods")));
    }

    [Fact]
    public async Task Keys_and_tokens_let_in_and_nothing_else_does()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), WithKeys);
        string path = $"/queue/{RunningServer.Endpoint}";
        foreach (string header in (string[])["Key wrong:key", "Key id", "Basic id:secret", "id:secret", "Key ", "Key id:secret2"])
        {
            Assert.Equal(401, (await server.SendAsync("POST", path, RunningServer.Input, ("Authorization", header))).StatusCode);
        }

        Assert.Equal(401, (await server.SendAsync("POST", path, RunningServer.Input)).StatusCode);
        Assert.Equal(401, (await server.SendAsync("GET", "/api/jobs")).StatusCode);
        Assert.Equal(200, (await server.SendAsync("POST", path, RunningServer.Input, ("Authorization", "key id:secret"))).StatusCode);
        Assert.Equal(200, (await server.SendAsync("POST", path, RunningServer.Input, ("Authorization", "Bearer id:secret"))).StatusCode);
        Answer token = await server.SendAsync("POST", "/rest/tokens/", """{"allowed_apps":["ltx-2-19b"],"token_expiration":120}""", ("Authorization", "Key id:secret"));
        Assert.Equal(200, (await server.SendAsync("POST", $"{path}?fal_jwt_token={(string)token.Body!}", RunningServer.Input)).StatusCode);
        Assert.Equal(401, (await server.SendAsync("POST", $"{path}?fal_jwt_token={(string)token.Body!}x", RunningServer.Input)).StatusCode);
    }

    [Fact]
    public async Task The_requests_of_the_Python_client_upload_in_one_piece_and_in_parts_out_of_order()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), WithKeys);
        Answer token = await server.SendAsync("POST", "/rest/storage/auth/token?storage_type=fal-cdn-v3", "{}", ("Authorization", "Key id:secret"));
        Assert.EndsWith("+00:00", (string)token.Body["expires_at"]!, StringComparison.Ordinal);
        Assert.Equal(server.Url + "/cdn", (string)token.Body["base_url"]!);
        AuthenticationHeaderValue authorization = new((string)token.Body["token_type"]!, (string)token.Body["token"]!);

        string url = (string)(await PostAsync("/cdn/files/upload", "picture", "image/png"))["access_url"]!;
        Assert.EndsWith("/beach.png", url, StringComparison.Ordinal);
        Assert.Equal("picture", await server.Client.GetStringAsync(url));

        JsonObject multipart = await PostAsync("/cdn/files/upload/multipart", string.Empty, "video/mp4");
        string access = (string)multipart["access_url"]!;
        string upload = $"{access}/multipart/{(string)multipart["uploadId"]!}";
        foreach ((int number, string text) in ((int, string)[])[(3, "c"), (1, "a"), (2, "b")])
        {
            using StringContent part = new(text);
            using HttpResponseMessage answer = await server.Client.PutAsync($"{upload}/{number}", part);
            Assert.NotNull(answer.Headers.ETag);
        }

        Assert.Equal(400, (await server.SendAsync("POST", $"{upload}/complete", """{"parts":[{"partNumber":9}]}""")).StatusCode);
        Assert.Equal(200, (await server.SendAsync("POST", $"{upload}/complete", """{"parts":[{"partNumber":3,"etag":"x"},{"partNumber":1,"etag":"x"},{"partNumber":2,"etag":"x"}]}""")).StatusCode);
        Assert.Equal("abc", await server.Client.GetStringAsync(access));

        async Task<JsonObject> PostAsync(string path, string content, string type)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(content)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
            request.Headers.Authorization = authorization;
            request.Headers.Add("X-Fal-File-Name", "../../beach.png");
            using HttpResponseMessage response = await server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        }
    }

    [Fact]
    public async Task Files_are_given_in_ranges_and_never_as_pages()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        string video = await UploadAsync(server, "0123456789", "video/mp4");
        string page = await UploadAsync(server, "<script>", "text/html");

        foreach ((string range, int code, string body) in ((string, int, string)[])[("bytes=2-4", 206, "234"), ("bytes=-3", 206, "789"), ("bytes=8-", 206, "89"), ("bytes=20-30", 416, ""), ("bytes=0-1,3-4,6-7", 200, "0123456789"), ("bytes=" + string.Join(',', Enumerable.Repeat("0-", 500)), 200, "0123456789"), ("lines=1-2", 200, "0123456789")])
        {
            using HttpRequestMessage request = new(HttpMethod.Get, video);
            request.Headers.TryAddWithoutValidation("Range", range);
            using HttpResponseMessage response = await server.Client.SendAsync(request);
            Assert.Equal((code, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        using HttpResponseMessage served = await server.Client.GetAsync(page);
        Assert.Equal("attachment", served.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", Assert.Single(served.Headers.GetValues("X-Content-Type-Options")));
        using HttpResponseMessage media = await server.Client.GetAsync(video);
        Assert.Null(media.Content.Headers.ContentDisposition);
        Assert.Equal("bytes", Assert.Single(media.Headers.AcceptRanges));
    }

    private static LtxServerOptions WithKeys(string folder) => new() { DataDirectory = folder, ModelDirectory = "unused", Keys = ["id:secret", "other"], DrainTime = TimeSpan.Zero };

    private static async Task<string> UploadAsync(RunningServer server, string content, string type)
    {
        Answer grant = await server.SendAsync("POST", "/rest/storage/upload/initiate?storage_type=fal-cdn-v3", $$"""{"content_type":"{{type}}","file_name":"a"}""");
        using ByteArrayContent body = new(Encoding.UTF8.GetBytes(content));
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        using HttpResponseMessage response = await server.Client.PutAsync((string)grant.Body["upload_url"]!, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (string)grant.Body["file_url"]!;
    }
}
