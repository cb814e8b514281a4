using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LtxEngine.Server.Tests.Clients;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Http;

/// <summary>What is wrong with a picture is told in the words and bodies of the hosted endpoint (§4.4 of the protocol).</summary>
public sealed class PictureErrorTests
{
    private const string NotLoadable = "Failed to load the image. Please ensure the image file is not corrupted and is in a supported format.";
    private const string NotThere = "Failed to download the file. Please check if the URL is accessible and try again.";
    private const string NotSupported = "The image has a format that is not supported.";
    private const string Formats = """{"supported_formats":[".png",".jpg",".jpeg",".webp",".avif",".bmp",".tif",".tiff",".gif"]}""";

    private static readonly byte[] Boat = File.ReadAllBytes(ClientProgram.Picture);

    /// <summary>Kind of picture; type, message and limits of the answer.</summary>
    public static TheoryData<string, string, string, string> Kinds => new()
    {
        { "text", "unsupported_image_format", NotSupported, Formats },
        { "svg", "unsupported_image_format", NotSupported, Formats },
        { "cut", "image_load_error", NotLoadable, "" },
        { "garbled", "image_load_error", NotLoadable, "" },
        { "small", "image_too_small", "The image is too small: each side must have at least 16 pixels.", """{"min_height":16,"min_width":16}""" },
        { "wide", "image_too_large", "The image is too large: each side may have at most 512 pixels.", """{"max_height":512,"max_width":512}""" },
        { "heavy", "file_too_large", "The file is too large.", """{"max_size":20000}""" },
        { "scheme", "file_download_error", NotThere, "" },
        { "private", "file_download_error", NotThere, "" },
        { "empty", "file_download_error", NotThere, "" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_kind_has_its_own_body(string kind, string type, string message, string context)
    {
        await using RunningServer server = await RunningServer.StartAsync(options: folder => new LtxServerOptions
        {
            DataDirectory = folder,
            ModelDirectory = RepositoryPaths.DemoModel,
            MaxImageBytes = 20_000,
            MinImageSide = 16,
            MaxImageSide = 512,
            DrainTime = TimeSpan.Zero,
        });
        string url = Address(kind);
        JsonObject input = JsonNode.Parse(RunningServer.Input)!.AsObject();
        input["image_url"] = url;

        Answer run = await server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", input.ToJsonString());

        string echo = (string)run.Body["detail"]![0]!["input"]!;
        // A large picture within the address is kept as a file, whose address stands for it.
        Assert.StartsWith(url.Length > 4096 && type != "file_too_large" ? server.Url + "/cdn/files/" : url[..Math.Min(200, url.Length)], echo, StringComparison.Ordinal);
        JsonObject entry = new() { ["loc"] = new JsonArray("body", "image_url"), ["msg"] = message, ["type"] = type, ["url"] = "https://docs.fal.ai/errors#" + type, ["input"] = echo };
        if (context.Length > 0)
        {
            entry["ctx"] = JsonNode.Parse(context);
        }

        Assert.Equal(new JsonObject { ["detail"] = new JsonArray(entry) }.ToJsonString(), run.Body.ToJsonString());
        Assert.Equal((422, "false", "0"), (run.StatusCode, run.Header("x-fal-retryable"), run.Header("x-fal-billable-units")));

        // The queue tells the same by its result, and an end image by its own name.
        input["image_url"] = Data(Boat, "image/png");
        input["end_image_url"] = url;
        string id = await server.SubmitAsync(input.ToJsonString());
        Assert.False((await server.WaitAsync(id)).AsObject().ContainsKey("error"));
        Answer result = await server.ResultAsync(id);
        Assert.Equal(422, result.StatusCode);
        Assert.Equal([$"end_image_url {type}"], result.Body["detail"]!.AsArray().Select(e => $"{(string)e!["loc"]![1]!} {(string)e["type"]!}"));
    }

    [Fact]
    public async Task What_this_server_cannot_do_is_told_without_its_paths()
    {
        RequestError error = new("camera_lora", "\"/models/ltx/dolly.safetensors\"", "a LoRA file that can be read (Could not find file '/models/ltx/dolly.safetensors'; also not C:\\models\\dolly.safetensors)");
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator { Failure = new InvalidRequestException([error]) });

        Answer run = await server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", RunningServer.Input);

        JsonNode entry = Assert.Single(run.Body["detail"]!.AsArray())!;
        Assert.Equal((422, "feature_not_supported", "camera_lora"), (run.StatusCode, (string)entry["type"]!, (string)entry["loc"]![1]!));
        Assert.Equal("This server cannot do it; allowed: a LoRA file that can be read (Could not find file 'dolly.safetensors'; also not dolly.safetensors).", (string)entry["msg"]!);
        Assert.DoesNotContain("models", run.Body.ToJsonString(), StringComparison.Ordinal);
    }

    private static string Address(string kind) => kind switch
    {
        "text" => Data("no picture"u8.ToArray(), "image/png"),
        "svg" => Data("<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray(), "image/svg+xml"),
        "cut" => Data(Boat[..5000], "image/png"),
        "garbled" => Data([.. Boat[..200], .. Enumerable.Repeat((byte)0xff, 5000), .. Boat[5200..]], "image/png"),
        "small" => Data(OfSize(15, 40), "image/png"),
        "wide" => Data(OfSize(513, 16), "image/png"),
        "heavy" => Data(new byte[20_001], "image/png"),
        "scheme" => "file:///etc/passwd",
        "private" => "http://127.0.0.1:9/x.png",
        _ => "data:image/png;base64,",
    };

    /// <summary>A picture whose header gives a size.</summary>
    private static byte[] OfSize(int width, int height)
    {
        byte[] file = [.. Boat];
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        return file;
    }

    private static string Data(byte[] content, string type) => $"data:{type};base64,{Convert.ToBase64String(content)}";
}
