using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Planning;
using LtxEngine.Requests;

namespace LtxEngine.Tests.Requests;

/// <summary>Every field of both profiles just outside its limits, with no number, of another type, too long.</summary>
public sealed class FieldLimitTests
{
    private static readonly string HugeText = new('x', 100_000);

    private static readonly ModelProfile Model = new() { Defaults = new ModelDefaults(), Layers = 48, VideoLatentChannels = 128 };

    public static TheoryData<string, string> Fields()
    {
        TheoryData<string, string> data = [];
        foreach ((string name, RequestProfile profile) in new[] { ("library", LibraryProfile.Instance), ("endpoint", EndpointProfile.Profile) })
        {
            foreach (RequestField field in profile.Fields)
            {
                data.Add(name, field.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_value_outside_is_one_error_that_names_field_value_and_what_is_allowed(string profileName, string fieldName)
    {
        RequestProfile profile = profileName == "library" ? LibraryProfile.Instance : EndpointProfile.Profile;
        RequestField field = profile.Field(fieldName);
        int values = 0;
        foreach (string bad in BadValues(field))
        {
            RequestReading reading = Read(profile, field.Name, bad);

            Assert.True(reading.Request is null, $"{field.Name} took {Short(bad)}.");
            Assert.All(reading.Errors, error => Assert.StartsWith(field.Name, error.Path.Name, StringComparison.Ordinal));
            Assert.Equal(field.Name == "video_size" && reading.Errors.Count == 2 ? 2 : 1, reading.Errors.Count);
            Assert.All(reading.Errors, error =>
            {
                RequestError message = error.ToRequestError();
                Assert.InRange(message.ToString().Length, 10, 500);
                Assert.NotEmpty(message.Allowed);
                Assert.NotEmpty(message.Value);
            });
            values++;
        }

        Assert.True(values >= 2, $"{field.Name} was tried with {values} values only.");
    }

    [Fact]
    public void Limits_themselves_are_taken()
    {
        foreach (RequestField field in LibraryProfile.Instance.Fields.Concat(EndpointProfile.Profile.Fields).Where(f => f.Minimum is not null))
        {
            RequestProfile profile = LibraryProfile.Instance.Fields.Contains(field) ? LibraryProfile.Instance : EndpointProfile.Profile;
            Assert.NotNull(Read(profile, field.Name, Number(field.Minimum!.Value)).Request);
            Assert.NotNull(Read(profile, field.Name, Number(field.Maximum!.Value)).Request);
        }
    }

    [Fact]
    public void The_plan_refuses_what_reading_refuses_in_the_same_words()
    {
        int tried = 0;
        foreach (RequestField field in LibraryProfile.Instance.Fields.Where(f => f.Kind is FieldKind.Integer or FieldKind.Number && f.Name != "seed"))
        {
            foreach (double? bad in new[] { field.Minimum - 1, field.Maximum + (field.Maximum == double.MaxValue ? double.PositiveInfinity : 1), field.Kind == FieldKind.Number ? double.NaN : null })
            {
                if (bad is null)
                {
                    continue;
                }

                GenerationRequest request = field.Apply(new GenerationRequest { Prompt = string.Empty }, field.Kind == FieldKind.Integer ? (object)(long)bad.Value : bad.Value);
                InvalidRequestException thrown = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(request, Model));

                RequestError error = Assert.Single(thrown.Errors);
                Assert.Equal(field.Name, error.Field);
                Assert.StartsWith(field.Allowed, error.Allowed, StringComparison.Ordinal);
                tried++;
            }
        }

        Assert.True(tried > 25, $"Only {tried} values were tried.");
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void A_prompt_that_metadata_cannot_hold_is_refused_early(int length, bool isTaken)
    {
        string text = new('x', length);
        foreach (RequestProfile profile in new[] { LibraryProfile.Instance, EndpointProfile.Profile })
        {
            Assert.Equal(isTaken, Read(profile, "prompt", JsonSerializer.Serialize(text)).Request is not null);
            Assert.Equal(isTaken, Read(profile, "negative_prompt", JsonSerializer.Serialize(text)).Request is not null);
        }

        GenerationRequest request = new() { Prompt = text, NegativePrompt = text };
        if (isTaken)
        {
            Assert.Equal(length, GenerationPlanner.Create(request, Model).Prompt.Length);
            return;
        }

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(request, Model));
        Assert.Equal(["prompt", "negative_prompt"], error.Errors.Select(e => e.Field));
        Assert.Contains("10001 characters long", error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 10000 characters", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_is_no_text_is_refused()
    {
        foreach (string prompt in new[] { "a\0b", "a\ud800b", "a\udc00", "\ud800" })
        {
            InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(new GenerationRequest { Prompt = prompt }, Model));
            Assert.Equal("prompt", Assert.Single(error.Errors).Field);
        }

        Assert.Equal("a\ud83d\ude00", GenerationPlanner.Create(new GenerationRequest { Prompt = "a\ud83d\ude00" }, Model).Prompt);
    }

    [Fact]
    public void Unknown_fields_are_refused_by_the_library_and_ignored_by_the_endpoint()
    {
        Assert.Equal("extra_forbidden", Assert.Single(Read(LibraryProfile.Instance, "promt", "1").Errors).Type);
        Assert.NotNull(Read(EndpointProfile.Profile, "promt", "1").Request);
    }

    private static IEnumerable<string> BadValues(RequestField field)
    {
        IEnumerable<string> ofKind = field.Kind switch
        {
            FieldKind.Integer => ["{}", "[]", "\"x\"", "\"\"", "1.5", "1e400", "\"NaN\"", "\"Infinity\"", "1e30", "-1e30"],
            FieldKind.Number => ["{}", "[]", "\"x\"", "\"\"", "\"NaN\"", "\"inf\"", "\"-inf\"", "1e400", "-1e400"],
            FieldKind.Boolean => ["{}", "[]", "2", "-1", "0.5", "\"perhaps\"", "\"\""],
            FieldKind.Choice => ["{}", "[]", "1", "true", "\"\"", "\"nothing\"", JsonSerializer.Serialize(HugeText)],
            FieldKind.Text when field.MaximumLength < int.MaxValue => ["{}", "[]", "1", "true", JsonSerializer.Serialize(HugeText)],
            FieldKind.Structure => ["true", "5e300"],
            _ => ["{}", "[]", "1", "true"],
        };
        return ofKind
            .Concat(field.Minimum is { } minimum ? [Number(minimum - 1)] : [])
            .Concat(field.Maximum is { } maximum and < double.MaxValue ? [Number(maximum + 1)] : [])
            .Concat(field.AllowsNull ? [] : ["null"]);
    }

    private static RequestReading Read(RequestProfile profile, string field, string json)
    {
        JsonObject body = new() { ["prompt"] = "x", ["image_url"] = "data:,x" };
        body.Remove(field);
        string text = body.ToJsonString()[..^1] + $",\"{field}\":{json}}}";
        return RequestReader.Read(profile, JsonSerializer.Deserialize<JsonElement>(text));
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Short(string text) => text.Length > 60 ? text[..60] : text;
}
