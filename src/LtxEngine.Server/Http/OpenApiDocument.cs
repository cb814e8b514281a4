using System.Text.Json.Nodes;
using LtxEngine.Requests;

namespace LtxEngine.Server.Http;

/// <summary>The OpenAPI document of an endpoint, in the shape in which the hosted service publishes its own, with this server's further routes.</summary>
internal static class OpenApiDocument
{
    private const int MaximumSide = 14142;

    /// <summary>What fields mean here, where the library's own text speaks of model folders and of requests without a picture.</summary>
    private static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal)
    {
        ["image_url"] = "Address of the start image: it becomes the first frame.",
        ["end_image_url"] = "Address of an end image: the clip is led to it.",
        ["num_frames"] = "Number of frames.",
        ["fps"] = "Frames per second.",
        ["guidance_scale"] = "Classifier-free guidance; 1 is off.",
        ["num_inference_steps"] = "Number of denoising steps; of the first stage where there are two.",
        ["camera_lora"] = "A camera movement.",
        ["negative_prompt"] = "What the clip should not look or sound like.",
        ["seed"] = "Seed of the noise, any 64-bit integer; without it one is drawn and told with the result.",
        ["enable_prompt_expansion"] = "Let the text model write a more detailed prompt first.",
        ["video_output_type"] = "Kind of the file.",
        ["sync_mode"] = "Whether the clip comes within the answer, as a data URI, and is not kept.",
    };

    /// <summary>Examples of the fields that have no default.</summary>
    private static readonly Dictionary<string, JsonNode> Examples = new(StringComparer.Ordinal)
    {
        ["prompt"] = "A white boat sails on the blue sea, waves splash against its bow.",
        ["image_url"] = "https://example.com/boat.png",
        ["end_image_url"] = "https://example.com/harbour.png",
        ["seed"] = 42,
    };

    /// <summary>Creates the document.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="origin">Scheme, host and path base of this server.</param>
    public static JsonObject Create(string endpoint, string origin)
    {
        string name = PascalCase(endpoint.Split('/')[1..]);
        string requests = $"/{endpoint}/requests/{{request_id}}";
        return new JsonObject
        {
            ["openapi"] = "3.0.4",
            ["info"] = new JsonObject
            {
                ["title"] = $"Queue OpenAPI for {endpoint}",
                ["version"] = "1.0.0",
                ["description"] = $"The OpenAPI schema for the {endpoint} queue.",
                ["x-fal-metadata"] = new JsonObject
                {
                    ["endpointId"] = endpoint,
                    ["category"] = "image-to-video",
                    ["thumbnailUrl"] = string.Empty,
                    ["playgroundUrl"] = origin + "/",
                    ["documentationUrl"] = $"{origin}/api/openapi/queue/openapi.json?endpoint_id={endpoint}",
                },
            },
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["apiKeyAuth"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "Authorization", ["description"] = "Fal Key" },
                },
                ["schemas"] = new JsonObject
                {
                    ["QueueStatus"] = QueueStatus(),
                    [name + "Input"] = Input(),
                    [name + "Output"] = Output(),
                    ["VideoFile"] = VideoFile(),
                    ["ImageSize"] = ImageSize(),
                },
            },
            ["paths"] = new JsonObject
            {
                ["/" + endpoint] = new JsonObject
                {
                    ["post"] = new JsonObject
                    {
                        ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(Reference(name + "Input")) },
                        ["responses"] = Response("The request status.", Reference("QueueStatus")),
                    },
                },
                [requests] = new JsonObject { ["get"] = Operation("Result of the request.", Reference(name + "Output"), RequestId()) },
                [requests + "/status"] = new JsonObject { ["get"] = Operation("The request status.", Reference("QueueStatus"), RequestId(), Logs()) },
                [requests + "/cancel"] = new JsonObject
                {
                    ["put"] = Operation("The request was cancelled.", Object(("success", Type("boolean", "Whether the request was cancelled successfully."))), RequestId()),
                },
                [requests + "/status/stream"] = WithServer(origin + "/queue", "get", "The status as server-sent events, log lines as increments.", RequestId(), Logs()),
                ["/run/" + endpoint] = SynchronousRun(origin, name),
                ["/rest/storage/upload/initiate"] = WithServer(origin, "post", "Where a file can be put (upload_url) and read (file_url)."),
                ["/rest/storage/upload/initiate-multipart"] = WithServer(origin, "post", "The same for a file that comes in parts."),
                ["/rest/storage/auth/token"] = WithServer(origin, "post", "A token for uploads to /cdn."),
                ["/rest/tokens"] = WithServer(origin, "post", "A token that replaces a key in queries (fal_jwt_token)."),
                ["/rest/.well-known/jwks.json"] = WithServer(origin, "get", "The key that verifies the signatures of web hooks."),
                ["/cdn/files/upload"] = WithServer(origin, "post", "Stores the body as a file."),
                ["/cdn/files/upload/multipart"] = WithServer(origin, "post", "Begins a file that comes in parts."),
                ["/cdn/files/{file_id}/{file_name}"] = WithServer(origin, "get", "A file, in ranges where they are asked for.", PathPart("file_id"), PathPart("file_name")),
                ["/api/fal/proxy"] = WithServer(origin, "post", "Answers what the header x-fal-target-url names; nothing is fetched."),
                ["/api/openapi/queue/openapi.json"] = WithServer(origin, "get", "This document.", Query("endpoint_id", "string")),
                ["/api/jobs"] = WithServer(origin, "get", "The newest requests with input, state and result.", Query("limit", "integer"), Query("before", "string"), Query("model", "string")),
                ["/api/jobs/{request_id}"] = WithServer(origin, "get", "One request with its log lines.", RequestId()),
                ["/api/jobs/{request_id}/events"] = WithServer(origin, "get", "Server-sent events status and progress.", RequestId()),
                ["/api/estimate"] = WithServer(origin, "post", "What an input would make and cost, without running it.", Query("model", "string")),
                ["/api/models"] = WithServer(origin, "get", "The endpoints that are served."),
                ["/health/live"] = WithServer(origin, "get", "Whether the process answers."),
                ["/health/ready"] = WithServer(origin, "get", "Whether requests can be run."),
                ["/metrics"] = WithServer(origin, "get", "Metrics in the text form of Prometheus."),
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = origin + "/queue" }),
            ["security"] = new JsonArray(new JsonObject { ["apiKeyAuth"] = new JsonArray() }),
        };
    }

    private static JsonObject Input()
    {
        JsonObject properties = [];
        JsonArray order = [];
        foreach (RequestField field in EndpointProfile.Profile.Fields)
        {
            properties[field.Name] = Property(field);
            order.Add(field.Name);
        }

        return new JsonObject
        {
            ["title"] = "LTX2ImageToVideoInput",
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. EndpointProfile.Profile.Fields.Where(f => f.IsRequired).Select(f => (JsonNode)f.Name)]),
            ["x-fal-order-properties"] = order,
        };
    }

    private static JsonObject Property(RequestField field)
    {
        JsonObject type = field.Kind switch
        {
            FieldKind.Integer => new JsonObject { ["type"] = "integer" },
            FieldKind.Number => new JsonObject { ["type"] = "number" },
            FieldKind.Boolean => new JsonObject { ["type"] = "boolean" },
            _ => new JsonObject { ["type"] = "string" },
        };
        if (field.Minimum is { } minimum)
        {
            type["minimum"] = minimum;
        }

        if (field.Maximum is { } maximum)
        {
            type["maximum"] = maximum;
        }

        if (field.Choices.Count > 0)
        {
            type["enum"] = new JsonArray([.. field.Choices.Select(c => (JsonNode)c)]);
        }

        if (field.Kind == FieldKind.Structure)
        {
            type["enum"] = new JsonArray([.. VideoSize.Names.Select(n => (JsonNode)n)]);
            type = new JsonObject { ["anyOf"] = new JsonArray(Reference("ImageSize"), type) };
        }
        else if (field.AllowsNull)
        {
            type = new JsonObject { ["anyOf"] = new JsonArray(type, new JsonObject { ["type"] = "null" }) };
        }

        type["title"] = Title(field.Name);
        type["description"] = Descriptions.GetValueOrDefault(field.Name, field.Description);
        if (field.Default is { } standard)
        {
            type["default"] = JsonNode.Parse(standard.GetRawText());
            type["examples"] = new JsonArray(JsonNode.Parse(standard.GetRawText()));
        }
        else if (Examples.TryGetValue(field.Name, out JsonNode? example))
        {
            type["examples"] = new JsonArray(example.DeepClone());
        }

        return type;
    }

    private static JsonObject Output() => new()
    {
        ["title"] = "LTX2ExtendVideoOutput",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["video"] = new JsonObject { ["title"] = "Video", ["description"] = "The generated video.", ["allOf"] = new JsonArray(Reference("VideoFile")) },
            ["seed"] = Titled("Seed", "integer", "The seed that was used."),
            ["prompt"] = Titled("Prompt", "string", "The prompt that was used."),
        },
        ["required"] = new JsonArray("video", "seed", "prompt"),
        ["x-fal-order-properties"] = new JsonArray("video", "seed", "prompt"),
    };

    private static JsonObject VideoFile()
    {
        (string Name, string Type, string Description)[] fields =
        [
            ("url", "string", "Where the file can be downloaded."),
            ("content_type", "string", "The media type of the file."),
            ("file_name", "string", "The name of the file."),
            ("file_size", "integer", "The size of the file in bytes."),
            ("width", "integer", "The width of the video."),
            ("height", "integer", "The height of the video."),
            ("fps", "number", "The frames per second of the video."),
            ("duration", "number", "The duration of the video in seconds."),
            ("num_frames", "integer", "The number of frames of the video."),
        ];
        JsonObject properties = [];
        foreach ((string name, string type, string description) in fields)
        {
            properties[name] = name == "url"
                ? Titled("Url", type, description)
                : new JsonObject { ["title"] = Title(name), ["description"] = description, ["anyOf"] = new JsonArray(new JsonObject { ["type"] = type }, new JsonObject { ["type"] = "null" }) };
        }

        return new JsonObject
        {
            ["title"] = "VideoFile",
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray("url"),
            ["x-fal-order-properties"] = new JsonArray([.. fields.Select(f => (JsonNode)f.Name)]),
        };
    }

    private static JsonObject ImageSize() => new()
    {
        ["title"] = "ImageSize",
        ["type"] = "object",
        ["properties"] = new JsonObject { ["width"] = Side("Width"), ["height"] = Side("Height") },
        ["x-fal-order-properties"] = new JsonArray("width", "height"),
    };

    private static JsonObject Side(string title) => new()
    {
        ["title"] = title,
        ["type"] = "integer",
        ["description"] = $"The {title} of the generated video.".Replace(title, System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(title), StringComparison.Ordinal),
        ["default"] = 512,
        ["exclusiveMinimum"] = true,
        ["minimum"] = 0,
        ["maximum"] = MaximumSide,
    };

    private static JsonObject QueueStatus()
    {
        JsonObject status = Object(
            ("status", new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("IN_QUEUE", "IN_PROGRESS", "COMPLETED") }),
            ("request_id", Type("string", "The request id.")),
            ("response_url", Type("string", "The response url.")),
            ("status_url", Type("string", "The status url.")),
            ("cancel_url", Type("string", "The cancel url.")),
            ("logs", new JsonObject { ["type"] = "object", ["description"] = "The logs.", ["additionalProperties"] = true }),
            ("metrics", new JsonObject { ["type"] = "object", ["description"] = "The metrics.", ["additionalProperties"] = true }),
            ("queue_position", Type("integer", "The queue position.")));
        status["required"] = new JsonArray("status", "request_id");
        return status;
    }

    private static JsonObject Object(params (string Name, JsonObject Schema)[] properties)
    {
        JsonObject list = [];
        foreach ((string name, JsonObject schema) in properties)
        {
            list[name] = schema;
        }

        return new JsonObject { ["type"] = "object", ["properties"] = list };
    }

    private static JsonObject Type(string type, string description) => new() { ["type"] = type, ["description"] = description };

    private static JsonObject Titled(string title, string type, string description) => new() { ["title"] = title, ["type"] = type, ["description"] = description };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    private static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Response(string description, JsonObject schema) =>
        new() { ["200"] = new JsonObject { ["description"] = description, ["content"] = Content(schema) } };

    private static JsonObject Operation(string description, JsonObject schema, params JsonNode[] parameters) =>
        new() { ["parameters"] = new JsonArray(parameters), ["responses"] = Response(description, schema) };

    private static JsonObject WithServer(string server, string method, string description, params JsonNode[] parameters) => new()
    {
        ["servers"] = new JsonArray(new JsonObject { ["url"] = server }),
        [method] = new JsonObject
        {
            ["parameters"] = new JsonArray(parameters),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = description } },
        },
    };

    private static JsonObject SynchronousRun(string origin, string name) => new()
    {
        ["servers"] = new JsonArray(new JsonObject { ["url"] = origin }),
        ["post"] = new JsonObject
        {
            ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(Reference(name + "Input")) },
            ["responses"] = Response("The result, when it is there.", Reference(name + "Output")),
        },
    };

    private static JsonObject RequestId() => PathPart("request_id", "Request ID");

    private static JsonObject PathPart(string name, string? description = null)
    {
        JsonObject schema = new() { ["type"] = "string" };
        if (description is not null)
        {
            schema["description"] = description;
        }

        return new JsonObject { ["name"] = name, ["in"] = "path", ["required"] = true, ["schema"] = schema };
    }

    private static JsonObject Logs() => new()
    {
        ["name"] = "logs",
        ["in"] = "query",
        ["required"] = false,
        ["schema"] = new JsonObject { ["type"] = "number", ["description"] = "Whether to include logs (`1`) in the response or not (`0`)." },
    };

    private static JsonObject Query(string name, string type) => new() { ["name"] = name, ["in"] = "query", ["required"] = false, ["schema"] = new JsonObject { ["type"] = type } };

    private static string Title(string name) => string.Join(' ', name.Split('_').Select(Capitalize));

    private static string PascalCase(IEnumerable<string> parts) => string.Concat(parts.SelectMany(p => p.Split('-', '.', '_')).Select(Capitalize));

    private static string Capitalize(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];
}
