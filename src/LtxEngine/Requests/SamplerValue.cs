using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Requests;

/// <summary>Samplers in requests: a name, or an object with <c>name</c> and the sampler's own settings.</summary>
internal static class SamplerValue
{
    private const string Euler = "euler";
    private const string GradientEstimatingEuler = "gradient-estimating-euler";
    private const string Res2s = "res-2s";
    private const string AllowedNumber = "a finite number";
    private const int MostAnchorIterations = 10_000;

    /// <summary>What is allowed, for people.</summary>
    public static string Allowed { get; } = string.Join(", ", Names);

    private static IReadOnlyList<string> Names => [Euler, GradientEstimatingEuler, Res2s];

    /// <summary>Reads a sampler.</summary>
    public static ISampler? Read(JsonElement value, FieldPath path, FieldReader reader)
    {
        JsonElement unfolded = FieldReader.Unfold(value);
        if (unfolded.ValueKind != JsonValueKind.Object)
        {
            return Create(reader.Choice(unfolded, path, Names));
        }

        if (!JsonTexts.TryGetMember(unfolded, "name", out JsonElement name))
        {
            return (ISampler?)reader.Fail(path.Member("name"), unfolded, FieldReader.Missing, "Field required", Allowed);
        }

        switch (reader.Choice(name, path.Member("name"), Names))
        {
            case GradientEstimatingEuler:
                double? gamma = reader.IsObject(unfolded, path, "name", "gamma")
                    ? FieldReader.Member(unfolded, "gamma") is { } given ? reader.Number(given, path.Member("gamma"), AllowedNumber) : new GradientEstimatingEulerSampler().Gamma
                    : null;
                return gamma is null ? null : new GradientEstimatingEulerSampler(gamma.Value);
            case Res2s:
                return ReadRes2s(unfolded, path, reader);
            case { } plain:
                return reader.IsObject(unfolded, path, "name") ? Create(plain) : null;
            default:
                return null;
        }
    }

    /// <summary>Writes a sampler; own ones by the name of their type, which no reader takes.</summary>
    public static JsonNode? Write(ISampler? sampler) => sampler switch
    {
        null => null,
        EulerSampler => JsonValue.Create(Euler),
        GradientEstimatingEulerSampler own => own.Gamma == new GradientEstimatingEulerSampler().Gamma
            ? JsonValue.Create(GradientEstimatingEuler)
            : new JsonObject { ["name"] = GradientEstimatingEuler, ["gamma"] = own.Gamma },
        Res2sSampler own => IsPlain(own, new Res2sSampler())
            ? JsonValue.Create(Res2s)
            : new JsonObject { ["name"] = Res2s, ["step_seed"] = own.StepSeed, ["substep_seed"] = own.SubstepSeed, ["anchor_iterations"] = own.AnchorIterations },
        _ => JsonValue.Create(sampler.GetType().FullName),
    };

    private static bool IsPlain(Res2sSampler own, Res2sSampler plain) =>
        (own.StepSeed, own.SubstepSeed, own.AnchorIterations) == (plain.StepSeed, plain.SubstepSeed, plain.AnchorIterations);

    private static Res2sSampler? ReadRes2s(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (!reader.IsObject(value, path, "name", "step_seed", "substep_seed", "anchor_iterations"))
        {
            return null;
        }

        Res2sSampler plain = new();
        long? step = Integer("step_seed", plain.StepSeed, "a whole number of 64 bits");
        long? substep = Integer("substep_seed", plain.SubstepSeed, "a whole number of 64 bits");
        long? iterations = Integer("anchor_iterations", plain.AnchorIterations, $"0 … {MostAnchorIterations}", 0, MostAnchorIterations);
        return step is null || substep is null || iterations is null
            ? null
            : new Res2sSampler { StepSeed = step.Value, SubstepSeed = substep.Value, AnchorIterations = (int)iterations.Value };

        long? Integer(string member, long plainValue, string allowed, double? minimum = null, double? maximum = null) =>
            FieldReader.Member(value, member) is { } given ? reader.Integer(given, path.Member(member), allowed, minimum, maximum) : plainValue;
    }

    private static ISampler? Create(string? name) => name switch
    {
        Euler => new EulerSampler(),
        GradientEstimatingEuler => new GradientEstimatingEulerSampler(),
        Res2s => new Res2sSampler(),
        _ => null,
    };
}
