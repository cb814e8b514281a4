using System.Text.Json;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Sigma schedules.</summary>
internal sealed class SigmasComponent : IComponentRunner
{
    private const string Output = "sigmas";

    /// <inheritdoc/>
    public string Component => "sigmas";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        double[] sigmas = parameters.GetProperty("schedule").GetString() switch
        {
            "ltx2" => Ltx(parameters),
            "distilled_stage_1" => FixedSigmaSchedule.DistilledStage1.Sigmas.ToArray(),
            "distilled_stage_2" => FixedSigmaSchedule.DistilledStage2.Sigmas.ToArray(),
            string other => throw new UnknownOperationException(Component, other),
            null => throw new UnknownOperationException(Component, null),
        };
        float[] values = Array.ConvertAll(sigmas, static sigma => (float)sigma);
        outputs.Add(Output, new TensorShape(values.Length), values);
        CompareList(referenceCase, outputs, sigmas, values);
    }

    private static double[] Ltx(JsonElement parameters)
    {
        LtxSigmaSchedule schedule = new()
        {
            ShiftTokens = null,
            MaxShift = parameters.OptionalDouble("max_shift", 2.05),
            BaseShift = parameters.OptionalDouble("base_shift", 0.95),
            Stretch = parameters.OptionalBoolean("stretch", true),
            Terminal = parameters.OptionalDouble("terminal", 0.1),
        };
        return schedule.GetSigmas(parameters.GetProperty("steps").GetInt32(), (int)parameters.OptionalDouble("tokens", 4096));
    }

    // The list under "expected" repeats the tensor of the same name, so that tensor's tolerance is the one that the case means: the original's
    // fp32 rounding reaches 5e-5 with many tokens.
    private static void CompareList(ReferenceCase referenceCase, CaseOutputs outputs, double[] sigmas, float[] values)
    {
        ExpectedOutput? stated = referenceCase.Outputs.FirstOrDefault(static output => string.Equals(output.Name, Output, StringComparison.Ordinal));
        if (stated is null
            || !referenceCase.Parameters.TryGetProperty("expected", out JsonElement expected)
            || !expected.TryGetProperty(Output, out JsonElement list))
        {
            outputs.SetExpected(new { sigmas });
            return;
        }

        float[] wanted = [.. list.EnumerateArray().Select(static element => element.GetSingle())];
        double error = wanted.Length == values.Length ? CaseComparison.RelativeRms(values, wanted) : double.NaN;
        outputs.Check("expected." + Output, error, stated.MaxRelativeRms, error <= stated.MaxRelativeRms, Output);
    }
}
