using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Requests;

namespace LtxEngine.Tests.Requests;

public sealed class EndpointProfileTests
{
    private const string Minimal = """{"prompt":"a boat","image_url":"boat.png"}""";

    [Fact]
    public void The_negative_prompt_is_the_endpoints_to_the_byte()
    {
        Assert.Equal(1077, EndpointProfile.DefaultNegativePrompt.Length);
        Assert.Equal(
            "685402ECD48D4D84C8369EC3117E7095F15FBD2AAEA7F1CED32E589082A6EE68",
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(EndpointProfile.DefaultNegativePrompt))));
        Assert.Contains("off-sync audio,incorrect dialogue", EndpointProfile.DefaultNegativePrompt, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_the_24_fields_in_the_endpoints_order() => Assert.Equal(
        [
            "prompt", "image_url", "end_image_url", "num_frames", "video_size", "generate_audio", "use_multiscale", "fps", "guidance_scale",
            "num_inference_steps", "acceleration", "camera_lora", "camera_lora_scale", "negative_prompt", "seed", "enable_prompt_expansion",
            "enable_safety_checker", "video_output_type", "video_quality", "video_write_mode", "sync_mode", "interpolation_direction",
            "image_strength", "end_image_strength",
        ],
        EndpointProfile.Profile.Fields.Select(field => field.Name));

    [Fact]
    public void What_is_left_out_takes_the_endpoints_default()
    {
        RequestReading reading = Read(Minimal);
        GenerationRequest request = reading.Require();

        Assert.Equal(("a boat", 121, 25.0, 40, 3.0), (request.Prompt, request.NumFrames, request.Fps, request.NumInferenceSteps, request.GuidanceScale));
        Assert.Equal((true, true, true, true, true), (request.SizeFromImage, request.GenerateAudio, request.UseMultiscale, request.EnablePromptExpansion, request.EnableSafetyChecker));
        Assert.Equal((AccelerationLevel.Regular, VideoOutputType.X264, VideoQuality.High, VideoWriteMode.Balanced), (request.Acceleration, request.VideoOutputType, request.VideoQuality, request.VideoWriteMode));
        Assert.Equal((1.0, 1.0, 1.0, InterpolationDirection.Forward), (request.ImageStrength, request.EndImageStrength, request.CameraLoraScale, request.InterpolationDirection));
        Assert.Equal((null, null, null, null, null), (request.Width, request.Height, request.Seed, request.CameraLora, request.EndImage));
        Assert.Equal(EndpointProfile.DefaultNegativePrompt, request.NegativePrompt);
        Assert.Equal(false, reading.Values["sync_mode"]);
        Assert.Equal(RequestWriter.Write(request).ToJsonString(), RequestWriter.Write(EndpointProfile.CreateRequest("a boat", ImageSource.FromFile("boat.png"))).ToJsonString());
    }

    [Theory]
    [InlineData("num_frames", "\"9\"", "9")]
    [InlineData("num_frames", "9.0", "9")]
    [InlineData("num_frames", "\" +12.00 \"", "12")]
    [InlineData("num_frames", "\"1_21\"", "121")]
    [InlineData("fps", "\"29.97\"", "29.97")]
    [InlineData("fps", "true", "1")]
    [InlineData("seed", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("seed", "\"9223372036854775807\"", "9223372036854775807")]
    [InlineData("generate_audio", "\"Off\"", "false")]
    [InlineData("generate_audio", "0", "false")]
    [InlineData("generate_audio", "\"YES\"", "true")]
    [InlineData("camera_lora", "\"none\"", null)]
    [InlineData("camera_lora", "\"jib_up\"", "\"jib_up\"")]
    [InlineData("video_size", "\"portrait_16_9\"", """{"width":576,"height":1024}""")]
    [InlineData("video_size", """{"width":640}""", """{"width":640,"height":512}""")]
    [InlineData("video_size", """{"width":"640","height":353.0,"depth":3}""", """{"width":640,"height":353}""")]
    [InlineData("unknown", "[1]", null)]
    public void Values_are_read_as_laxly_as_the_endpoint_does(string field, string value, string? stored)
    {
        GenerationRequest request = Read(With(field, value)).Require();

        Assert.Equal(stored, RequestWriter.Write(request, EndpointProfile.Profile)[field]?.ToJsonString());
    }

    [Theory]
    [InlineData("prompt", null, "missing", "Field required", null)]
    [InlineData("prompt", "7", "string_type", "Input should be a valid string", null)]
    [InlineData("prompt", "null", "string_type", "Input should be a valid string", null)]
    [InlineData("prompt", "\"\\ud800\"", "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", null)]
    [InlineData("image_url", null, "missing", "Field required", null)]
    [InlineData("image_url", "null", "string_type", "Input should be a valid string", null)]
    [InlineData("end_image_url", "5", "string_type", "Input should be a valid string", null)]
    [InlineData("num_frames", "8", "greater_than_equal", "Input should be greater than or equal to 9", """{"ge":9}""")]
    [InlineData("num_frames", "482", "less_than_equal", "Input should be less than or equal to 481", """{"le":481}""")]
    [InlineData("num_frames", "1e300", "less_than_equal", "Input should be less than or equal to 481", """{"le":481}""")]
    [InlineData("num_frames", "null", "int_type", "Input should be a valid integer", null)]
    [InlineData("num_frames", "\"abc\"", "int_parsing", "Input should be a valid integer, unable to parse string as an integer", null)]
    [InlineData("num_frames", "9.5", "int_from_float", "Input should be a valid integer, got a number with a fractional part", null)]
    [InlineData("num_frames", "1e999", "finite_number", "Input should be a finite number", null)]
    [InlineData("fps", "{}", "float_type", "Input should be a valid number", null)]
    [InlineData("fps", "\"fast\"", "float_parsing", "Input should be a valid number, unable to parse string as a number", null)]
    [InlineData("fps", "0.999", "greater_than_equal", "Input should be greater than or equal to 1", """{"ge":1}""")]
    [InlineData("fps", "60.001", "less_than_equal", "Input should be less than or equal to 60", """{"le":60}""")]
    [InlineData("fps", "\"NaN\"", "greater_than_equal", "Input should be greater than or equal to 1", """{"ge":1}""")]
    [InlineData("image_strength", "\"inf\"", "less_than_equal", "Input should be less than or equal to 1", """{"le":1}""")]
    [InlineData("guidance_scale", "10.5", "less_than_equal", "Input should be less than or equal to 10", """{"le":10}""")]
    [InlineData("num_inference_steps", "7", "greater_than_equal", "Input should be greater than or equal to 8", """{"ge":8}""")]
    [InlineData("num_inference_steps", "51", "less_than_equal", "Input should be less than or equal to 50", """{"le":50}""")]
    [InlineData("seed", "9223372036854775808", "less_than_equal", "Input should be less than or equal to 9223372036854775807", """{"le":9223372036854775807}""")]
    [InlineData("generate_audio", "[]", "bool_type", "Input should be a valid boolean", null)]
    [InlineData("generate_audio", "2", "bool_parsing", "Input should be a valid boolean, unable to interpret input", null)]
    [InlineData("generate_audio", "\"maybe\"", "bool_parsing", "Input should be a valid boolean, unable to interpret input", null)]
    [InlineData("acceleration", "\"Regular\"", "literal_error", "Input should be 'none', 'regular', 'high' or 'full'", """{"expected":"'none', 'regular', 'high' or 'full'"}""")]
    [InlineData("video_output_type", "\"x264\"", "literal_error", "Input should be 'X264 (.mp4)', 'VP9 (.webm)', 'PRORES4444 (.mov)' or 'GIF (.gif)'", """{"expected":"'X264 (.mp4)', 'VP9 (.webm)', 'PRORES4444 (.mov)' or 'GIF (.gif)'"}""")]
    public void What_cannot_be_read_is_told_in_the_endpoints_words(string field, string? value, string type, string message, string? context)
    {
        FieldError error = Assert.Single(Read(With(field, value)).Errors);

        Assert.Equal((field, type, message), (error.Path.Location.Single(), error.Type, error.Message));
        Assert.Equal(context, error.Context?.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(value ?? With(field, value), error.Input.GetRawText());
    }

    [Theory]
    [InlineData("""{"width":0,"height":14143}""", "video_size/ImageSize/width greater_than {\"gt\":0}", "video_size/ImageSize/height less_than_equal {\"le\":14142}")]
    [InlineData("""{"width":"wide"}""", "video_size/ImageSize/width int_parsing ")]
    [InlineData("\"huge\"", "video_size/literal['auto','square_hd','square','portrait_4_3','portrait_16_9','landscape_4_3','landscape_16_9'] literal_error")]
    [InlineData("3", "video_size/ImageSize model_attributes_type ", "video_size/literal['auto'")]
    public void A_size_is_told_by_the_branch_that_was_meant(string value, params string[] expected)
    {
        IReadOnlyList<FieldError> errors = Read(With("video_size", value)).Errors;

        Assert.Equal(expected.Length, errors.Count);
        Assert.All(errors.Zip(expected), pair => Assert.StartsWith(
            pair.Second, $"{string.Join('/', pair.First.Path.Location)} {pair.First.Type} {pair.First.Context?.ToJsonString()}", StringComparison.Ordinal));
    }

    [Fact]
    public void All_violations_are_told_together_in_the_endpoints_order()
    {
        RequestReading reading = Read("""{"end_image_strength":2,"num_frames":1,"acceleration":"warp","prompt":3}""");

        Assert.Null(reading.Request);
        Assert.Equal(["prompt", "image_url", "num_frames", "acceleration", "end_image_strength"], reading.Errors.Select(error => error.Path.Name));
        InvalidRequestException thrown = Assert.Throws<InvalidRequestException>(reading.Require);
        Assert.Contains("num_frames is 1; allowed: 9 … 481.", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public void A_body_that_is_no_object_is_one_error(string body)
    {
        FieldError error = Assert.Single(Read(body).Errors);

        Assert.Equal("model_attributes_type", error.Type);
        Assert.Empty(error.Path.Location);
    }

    [Fact]
    public void A_request_of_a_program_is_checked_against_the_ranges()
    {
        GenerationRequest request = EndpointProfile.CreateRequest("a boat", ImageSource.FromBytes(new byte[1]));
        EndpointProfile.Check(request with { Width = 1280, Height = 704, SizeFromImage = false });

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(
            () => EndpointProfile.Check(request with { NumFrames = 482, Fps = double.NaN, CameraLoraScale = -1 }));

        Assert.Equal(["num_frames", "fps", "camera_lora_scale"], error.Errors.Select(e => e.Field));
    }

    private static RequestReading Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return RequestReader.Read(EndpointProfile.Profile, document.RootElement.Clone(), (_, reference) => ImageSource.FromFile(reference));
    }

    /// <summary>The smallest valid body with one field set to a JSON text, or removed.</summary>
    private static string With(string field, string? value)
    {
        List<string> members = [];
        foreach ((string name, JsonNode? node) in JsonNode.Parse(Minimal)!.AsObject())
        {
            if (!string.Equals(name, field, StringComparison.Ordinal))
            {
                members.Add($"\"{name}\":{node!.ToJsonString()}");
            }
        }

        if (value is not null)
        {
            members.Add($"\"{field}\":{value}");
        }

        return "{" + string.Join(',', members) + "}";
    }
}
