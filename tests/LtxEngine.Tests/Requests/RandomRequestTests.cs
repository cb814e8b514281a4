using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Estimation;
using LtxEngine.Planning;
using LtxEngine.Requests;

namespace LtxEngine.Tests.Requests;

/// <summary>Random requests: nothing but the errors that say what is wrong, and a valid plan for everything that is taken.</summary>
public sealed class RandomRequestTests
{
    private static readonly ModelProfile Model = new()
    {
        Defaults = new ModelDefaults(),
        Layers = 8,
        VideoLatentChannels = 16,
        HasSpatialUpscaler = true,
        DistilledLora = "distilled.safetensors",
        CameraLoras = new[] { "dolly_in", "dolly_out", "dolly_left", "dolly_right", "jib_up", "jib_down", "static" }.ToDictionary(name => name, name => name + ".safetensors", StringComparer.Ordinal),
    };

    /// <summary>Values of every kind, for fields of any kind.</summary>
    private static readonly string[] Anything =
    [
        "null", "true", "false", "0", "1", "-1", "0.5", "2", "8", "9", "24", "50", "100", "1e3", "9.0", "1e400", "-1e400", "9223372036854775807", "1e30", "\"\"", "\"x\"", "\"1\"", "\"NaN\"",
        "\"inf\"", "\"yes\"", "\"none\"", "\"auto\"", "\"square\"", "\"high\"", "\"64x96\"", "\"1,0.5,0\"", "\"a:0.5|b\"", "\"3=data:,x\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "[1]", "[1,0.5,0]", "[0.5,1]",
        "[[]]", "[\"a\",{\"path\":\"b\",\"strength\":2}]", "{}", "{\"width\":64,\"height\":64}", "{\"width\":0}", "{\"name\":\"res-2s\"}", "{\"video\":{\"cfg_scale\":3}}", "{\"\\ud800\":1}",
    ];

    [Fact]
    public void The_library_plans_what_it_takes() => Check(LibraryProfile.Instance, mayBeRefusedByModel: true);

    [Fact]
    public void The_endpoint_plans_what_it_takes() => Check(EndpointProfile.Profile, mayBeRefusedByModel: false);

    private static void Check(RequestProfile profile, bool mayBeRefusedByModel)
    {
        int planned = 0;
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            string json = RandomBody(profile, new Random(seed));
            RequestReading reading = RequestReader.Read(profile, JsonSerializer.Deserialize<JsonElement>(json));
            Assert.Equal(reading.Request is null, reading.Errors.Count > 0);
            if (reading.Request is not { } request)
            {
                Assert.NotEmpty(Assert.Throws<InvalidRequestException>(reading.Require).Errors);
                return;
            }

            // What is written reads as the same request.
            string written = RequestWriter.Write(request, describe: _ => "data:,x").ToJsonString();
            GenerationRequest again = RequestReader.Read(LibraryProfile.ForFlags, JsonSerializer.Deserialize<JsonElement>(written)).Require();
            Assert.Equal(written, RequestWriter.Write(again, describe: _ => "data:,x").ToJsonString());
            try
            {
                AssertValid(GenerationPlanner.Create(request, Model), request);
                planned++;
            }
            catch (InvalidRequestException exception) when (mayBeRefusedByModel || exception.Errors.All(error => error.Field is "width" or "height"))
            {
                Assert.All(exception.Errors, error => Assert.NotEmpty(error.Allowed));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));

        Assert.True(planned > 500, $"Only {planned} of 10,000 requests came to a plan.");
    }

    private static void AssertValid(GenerationPlan plan, GenerationRequest request)
    {
        Assert.Equal(request.NumFrames ?? Model.Defaults.NumFrames, plan.NumFrames);
        Assert.True(plan.Width % 2 == 0 && plan.Height % 2 == 0 && plan.Width > 0 && plan.Height > 0);
        foreach (DenoiseStage stage in plan.Stages)
        {
            Assert.InRange(stage.VideoShape.PixelFrames, plan.NumFrames, plan.NumFrames + 7);
            Assert.True(stage.VideoShape.TokenCount > 0);
            Assert.True(request.GenerateAudio && request.VideoOutputType != VideoOutputType.Gif ? stage.AudioShape is not null || plan.Warnings.Count > 0 : stage.AudioShape is null);
            Assert.InRange(stage.Sigmas[0], 0.01, 1);
            Assert.All(stage.Sigmas.Zip(stage.Sigmas.Skip(1)), pair => Assert.True(pair.First > pair.Second));
            Assert.True(stage.Sigmas[^1] >= 0);
            if (stage.Steps <= 100)
            {
                Assert.True(PassCounter.Count(stage, CancellationToken.None).Values.Sum() > 0);
            }
        }

        DenoiseStage last = plan.Stages.Last();
        Assert.InRange(last.VideoShape.Width * 32, plan.Width, plan.Width + 63);
        Assert.InRange(last.VideoShape.Height * 32, plan.Height, plan.Height + 63);
        Assert.All(plan.Images, image => Assert.InRange(image.Frame, 0, plan.NumFrames - 1));
    }

    /// <summary>Mostly fields with fitting values, so that some requests are taken; sometimes anything.</summary>
    private static string RandomBody(RequestProfile profile, Random random)
    {
        List<string> members = [];
        double chance = random.NextDouble() * 0.4;
        double oddness = random.Next(3) == 0 ? 0.2 : 0.01;
        foreach (RequestField field in profile.Fields)
        {
            if (field.IsRequired ? random.Next(50) > 0 : random.NextDouble() < chance)
            {
                members.Add($"{JsonSerializer.Serialize(field.Name)}:{(random.NextDouble() < oddness ? Anything[random.Next(Anything.Length)] : Fitting(field, random))}");
            }
        }

        if (random.Next(20) == 0)
        {
            members.Add($"\"unknown{random.Next(10)}\":{Anything[random.Next(Anything.Length)]}");
        }

        return "{" + string.Join(',', members) + "}";
    }

    private static string Fitting(RequestField field, Random random) => field.Kind switch
    {
        FieldKind.Boolean => Pick(random, "true", "false", "\"on\"", "0"),
        FieldKind.Choice => JsonSerializer.Serialize(field.Choices[random.Next(field.Choices.Count)]),
        FieldKind.Image => "\"data:,x\"",
        FieldKind.Integer when field.Minimum is null => random.NextInt64(long.MinValue, long.MaxValue).ToString(System.Globalization.CultureInfo.InvariantCulture),
        FieldKind.Integer => ((long)field.Minimum! + (random.Next(4) > 0 ? random.Next(40) : random.NextInt64((long)field.Maximum! - (long)field.Minimum! + 2))).ToString(System.Globalization.CultureInfo.InvariantCulture),
        FieldKind.Number => JsonValue.Create((field.Minimum ?? -2) + (random.NextDouble() * (Math.Min(field.Maximum ?? 8, 100) - (field.Minimum ?? -2)))).ToJsonString(),
        FieldKind.Text when field.Name == "camera_lora" => Pick(random, "\"none\"", "\"jib_up\"", "\"static\""),
        FieldKind.Text => Pick(random, "\"\"", "\"a boat\"", "\"a \\\"boat\\\"\\nsails ⛵\""),
        _ => field.Name switch
        {
            "video_size" => Pick(random, "\"auto\"", "\"square\"", "\"landscape_16_9\"", "{\"width\":64,\"height\":333}", "{}"),
            "images" => Pick(random, "\"3=data:,x\"", "[{\"frame\":4,\"image\":\"data:,x\",\"strength\":0.5}]", "[]"),
            "sampler" => Pick(random, "\"euler\"", "\"res-2s\"", "{\"name\":\"gradient-estimating-euler\",\"gamma\":1.5}"),
            "sigma_schedule" => Pick(random, "\"ltx\"", "\"ltx-token-shift\"", "\"distilled\"", "[1,0.7,0.2,0]", "{\"terminal\":0.3}", "{\"max_shift\":-900}", "{\"stretch\":false,\"max_shift\":1e300}"),
            "stg_blocks" => Pick(random, "[]", "[1,2]", "\"7\"", "[8]"),
            "guidance" => Pick(random, "{}", "{\"video\":{\"cfg_scale\":3,\"skip_step\":1}}", "{\"audio\":{\"stg_scale\":1,\"stg_blocks\":[3]}}"),
            "loras" => Pick(random, "\"a.safetensors\"", "[{\"path\":\"a\",\"strength\":-0.5},\"b:2\"]", "[]"),
            _ => Anything[random.Next(Anything.Length)],
        },
    };

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
