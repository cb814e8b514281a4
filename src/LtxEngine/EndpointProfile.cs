using System.Text.Json;
using LtxEngine.Requests;

namespace LtxEngine;

/// <summary>
/// The ranges and defaults of the hosted endpoint <c>ltx-2-19b/image-to-video</c>: 24 fields. The library itself limits only what the
/// model cannot do; use this profile where requests should mean the same as there.
/// </summary>
public static class EndpointProfile
{
    private static readonly string[] CameraLoras = ["dolly_in", "dolly_out", "dolly_left", "dolly_right", "jib_up", "jib_down", "static", "none"];

    /// <summary>The endpoint's default negative prompt, byte for byte.</summary>
    public static string DefaultNegativePrompt { get; } = ReadNegativePrompt();

    /// <summary>The fields in the endpoint's order.</summary>
    internal static RequestProfile Profile { get; } = CreateProfile();

    /// <summary>The same for flags of a command line, whose choices need not be written as the endpoint writes them.</summary>
    internal static RequestProfile ForFlags { get; } = Profile with { HasLenientChoices = true };

    /// <summary>A request with the endpoint's defaults; change what is to differ with <c>with</c>.</summary>
    /// <param name="prompt">What happens in the clip, sound included.</param>
    /// <param name="image">The start image, which the endpoint requires.</param>
    /// <returns>The request.</returns>
    public static GenerationRequest CreateRequest(string prompt, ImageSource image)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(image);
        JsonElement fields = JsonSerializer.SerializeToElement(new { prompt = string.Empty, image_url = string.Empty });
        return RequestReader.Read(Profile, fields, (_, _) => image).Require() with { Prompt = prompt };
    }

    /// <summary>
    /// Reads a request body as the endpoint does: numbers may be texts, unknown fields are ignored, what is left out takes the endpoint's default.
    /// </summary>
    /// <param name="body">The input object.</param>
    /// <param name="images">Turns the field's name (<c>image_url</c>, <c>end_image_url</c>) and its text into an image; throw <see cref="FormatException"/> for a text that is none.</param>
    /// <returns>The request.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed, in the endpoint's order.</exception>
    public static GenerationRequest Read(JsonElement body, Func<string, string, ImageSource> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return RequestReader.Read(Profile, body, images).Require();
    }

    /// <summary>Checks the values of a request against the endpoint's ranges. What the endpoint does not know is not looked at.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="InvalidRequestException">Fields are outside the endpoint's ranges; all of them are listed.</exception>
    public static void Check(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ImageSource any = ImageSource.FromBytes(ReadOnlyMemory<byte>.Empty);
        RequestReader.Read(Profile, JsonSerializer.SerializeToElement(RequestWriter.Write(request, Profile)), (_, _) => any).Require();
    }

    private static RequestProfile CreateProfile() => new(
    [
        Field("prompt"),
        Field("image") with { Name = "image_url", IsRequired = true },
        Field("end_image") with { Name = "end_image_url", AllowsNull = true },
        Field("num_frames", 121) with { Minimum = 9, Maximum = 481 },
        Field("video_size", VideoSize.AutoName) with
        {
            Parse = (value, path, reader) => VideoSize.Read(value, path, reader, MaximumSide),
            Store = (request, _) => VideoSize.Write(request),
        },
        Field("generate_audio", true),
        Field("use_multiscale", true),
        Field("fps", 25) with { Minimum = 1, Maximum = 60, AllowedText = null },
        Field("guidance_scale", 3) with { Minimum = 1, Maximum = 10 },
        Field("num_inference_steps", 40) with { Minimum = 8, Maximum = 50 },
        Field("acceleration", "regular"),
        Field("camera_lora", "none") with
        {
            Kind = FieldKind.Choice,
            Choices = CameraLoras,
            AllowedText = null,
            Apply = (request, value) => request with { CameraLora = value is "none" ? null : (string)value },
        },
        Field("camera_lora_scale", 1) with { Minimum = 0, Maximum = 1 },
        Field("negative_prompt", DefaultNegativePrompt),
        Field("seed") with { AllowsNull = true },
        Field("enable_prompt_expansion", true),
        Field("enable_safety_checker", true),
        OutputType(),
        Field("video_quality", "high"),
        Field("video_write_mode", "balanced"),
        Field(LibraryProfile.SyncMode, false),
        Field("interpolation_direction", "forward"),
        Field("image_strength", 1),
        Field("end_image_strength", 1),
    ]);

    /// <summary>Longest side that the endpoint's schema admits; what the machine can do is less.</summary>
    private const int MaximumSide = 14142;

    private static RequestField Field(string name) => LibraryProfile.Instance.Field(name) with { AllowsNull = false, Aliases = [] };

    private static RequestField Field<T>(string name, T standard) => Field(name) with { Default = JsonSerializer.SerializeToElement(standard) };

    private static RequestField OutputType()
    {
        ChoiceNames<VideoOutputType> names = new(
            ("X264 (.mp4)", VideoOutputType.X264), ("VP9 (.webm)", VideoOutputType.Vp9), ("PRORES4444 (.mov)", VideoOutputType.ProRes4444), ("GIF (.gif)", VideoOutputType.Gif));
        RequestField library = Field("video_output_type");
        return RequestField.Choice(library.Name, library.Description, names, request => request.VideoOutputType, (request, value) => request with { VideoOutputType = value }) with
        {
            AllowsNull = false,
            Default = JsonSerializer.SerializeToElement(names.Names[0]),
        };
    }

    private static string ReadNegativePrompt()
    {
        using Stream stream = typeof(EndpointProfile).Assembly.GetManifestResourceStream("EndpointNegativePrompt.txt")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
