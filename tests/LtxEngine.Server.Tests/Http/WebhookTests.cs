using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Files;
using LtxEngine.Server.Http;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace LtxEngine.Server.Tests.Http;

/// <summary>Web hooks reach a real receiver, signed so that the published key verifies them.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task Good_and_bad_outcomes_arrive_signed()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using RunningServer server = await StartAsync(["127.0.0.1"]);
        string query = "?fal_webhook=" + Uri.EscapeDataString(receiver.Url);
        string good = await server.SubmitAsync(RunningServer.Input, query);
        (IHeaderDictionary headers, byte[] body) = await receiver.ReceiveAsync();
        JsonNode delivery = JsonNode.Parse(body)!;
        Assert.Equal((good, good, "OK"), ((string)delivery["request_id"]!, (string)delivery["gateway_request_id"]!, (string)delivery["status"]!));
        Assert.StartsWith(server.Url + "/cdn/files/", (string)delivery["payload"]!["video"]!["url"]!, StringComparison.Ordinal);

        JsonNode key = (await server.SendAsync("GET", "/rest/.well-known/jwks.json")).Body["keys"]![0]!;
        byte[] message = Encoding.UTF8.GetBytes($"{headers["X-Fal-Webhook-Request-Id"]}\n{headers["X-Fal-Webhook-User-Id"]}\n{headers["X-Fal-Webhook-Timestamp"]}\n{Convert.ToHexStringLower(SHA256.HashData(body))}");
        Ed25519Signer verifier = new();
        verifier.Init(forSigning: false, new Ed25519PublicKeyParameters(System.Buffers.Text.Base64Url.DecodeFromChars((string)key["x"]!)));
        verifier.BlockUpdate(message, 0, message.Length);
        Assert.True(verifier.VerifySignature(Convert.FromHexString(headers["X-Fal-Webhook-Signature"].ToString())));

        await server.SubmitAsync("{}", query);
        delivery = JsonNode.Parse((await receiver.ReceiveAsync()).Body)!;
        Assert.Equal(("ERROR", "Invalid status code: 422"), ((string)delivery["status"]!, (string)delivery["error"]!));
        Assert.Equal("missing", (string)delivery["payload"]!["detail"]![0]!["type"]!);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync(refusals: 1);
        await using RunningServer server = await StartAsync(["127.0.0.1"]);

        await server.SubmitAsync("{}", "?fal_webhook=" + Uri.EscapeDataString(receiver.Url));

        Assert.Equal((await receiver.ReceiveAsync()).Body, (await receiver.ReceiveAsync()).Body);
    }

    [Fact]
    public async Task A_receiver_that_never_takes_it_is_tried_eleven_times_within_two_hours()
    {
        ManualTime time = new();
        DateTimeOffset start = time.GetUtcNow();
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync(refusals: int.MaxValue);
        await using RunningServer server = await StartAsync(["127.0.0.1"], builder => builder.Services.AddSingleton<TimeProvider>(time));
        IJobStore store = server.Services.GetRequiredService<IJobStore>();
        string id = await server.SubmitAsync("{}", "?fal_webhook=" + Uri.EscapeDataString(receiver.Url));

        for (int attempt = 1; attempt <= 11; attempt++)
        {
            await receiver.ReceiveAsync();
            await Testing.HangLimit.UntilAsync(async () => (await store.GetAsync(id))!.WebhookAttempts >= attempt);

            while (attempt < 11 && (await store.ListDueWebhooksAsync(time.GetUtcNow(), 1)).Count == 0)
            {
                time.Advance(TimeSpan.FromSeconds(1));
            }

            server.Services.GetRequiredService<ServerLifetime>().WakeWebhooks();
        }

        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        Assert.Empty(await store.ListDueWebhooksAsync(DateTimeOffset.MaxValue, 1));
    }

    [Fact]
    public async Task A_redirect_of_the_receiver_is_not_followed()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();

        // The clock stands still, so that there is no second try.
        await using RunningServer server = await StartAsync(["127.0.0.1"], builder => builder.Services.AddSingleton<TimeProvider>(new ManualTime()));
        string id = await server.SubmitAsync("{}", "?fal_webhook=" + Uri.EscapeDataString(receiver.Url.Replace("/hook", "/moved", StringComparison.Ordinal)));

        IJobStore store = server.Services.GetRequiredService<IJobStore>();
        await Testing.HangLimit.UntilAsync(async () => (await store.GetAsync(id))!.WebhookAttempts > 0);

        Assert.Single(await store.ListDueWebhooksAsync(DateTimeOffset.MaxValue, 1));
        Assert.Equal((1, 0), (receiver.Redirects, receiver.Waiting));
    }

    [Fact]
    public async Task A_payload_that_is_gone_is_told_and_does_not_hold_up_the_others()
    {
        await using RunningServer server = await StartAsync(["127.0.0.1"]);
        string id = await server.SubmitAsync(RunningServer.Input.Replace("\"seed\"", "\"sync_mode\":true,\"seed\"", StringComparison.Ordinal));
        await server.WaitAsync(id);
        Job job = (await server.Services.GetRequiredService<IJobStore>().GetAsync(id))!;
        await server.Services.GetRequiredService<IFileStore>().RemoveAsync(job.Outcome!.OutputFileId!);

        JsonNode delivery = await server.Services.GetRequiredService<JobAnswers>().CreateWebhookAsync(job);

        Assert.Equal($$"""{"request_id":"{{id}}","gateway_request_id":"{{id}}","status":"OK","payload":null,"payload_error":"The result has expired"}""", delivery.ToJsonString());
    }

    [Theory]
    [InlineData("ftp://example.com/x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://other.example/hook")]
    [InlineData("http://user:pass@127.0.0.1/")]
    public async Task Addresses_that_may_not_be_used_are_refused_at_once(string address)
    {
        await using RunningServer server = await StartAsync(["127.0.0.1"]);

        Answer answer = await server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}?fal_webhook={Uri.EscapeDataString(address)}", "{}");

        Assert.Equal((400, "bad_request"), (answer.StatusCode, (string)answer.Body["error_type"]!));
    }

    private static Task<RunningServer> StartAsync(IReadOnlyList<string> hosts, Action<WebApplicationBuilder>? configure = null) => RunningServer.StartAsync(
        new ScriptedGenerator(),
        folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", WebhookHosts = hosts, DrainTime = TimeSpan.Zero },
        configure);
}
