using System.Globalization;
using System.Text.Json;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Combination of predictions, and which steps are skipped.</summary>
internal sealed class GuidanceComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "guidance";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        string? kind = parameters.GetProperty("kind").GetString();
        if (string.Equals(kind, "skip_step", StringComparison.Ordinal))
        {
            RunSkipStep(parameters, outputs);
            return;
        }

        ModalityGuidance guidance = ReadGuidance(parameters, kind);
        guidance.Validate();
        HostTensor conditional = referenceCase.Input("cond");
        float[] combined = new float[conditional.Data.Length];
        GuidanceArithmetic.Combine(
            guidance,
            conditional.Data,
            ReadInput(referenceCase, "uncond_text"),
            ReadInput(referenceCase, "uncond_perturbed"),
            ReadInput(referenceCase, "uncond_modality"),
            combined);
        outputs.Add("combined", new HostTensor(conditional.Shape, combined));
    }

    private ModalityGuidance ReadGuidance(JsonElement parameters, string? kind) => kind switch
    {
        "cfg" => new ModalityGuidance { CfgScale = Required(parameters, "cfg_scale") },
        "cfg_star" => new ModalityGuidance { CfgScale = Required(parameters, "cfg_scale"), CfgVariant = CfgVariant.Projected },
        "apg" => new ModalityGuidance
        {
            CfgScale = Required(parameters, "cfg_scale"),
            CfgVariant = CfgVariant.AdaptiveProjected,
            ApgEta = parameters.OptionalDouble("eta", 1),
            ApgNormThreshold = parameters.OptionalDouble("norm_threshold", 0),
        },
        "stg" => new ModalityGuidance { StgScale = Required(parameters, "stg_scale") },
        "multimodal" => new ModalityGuidance
        {
            CfgScale = parameters.OptionalDouble("cfg_scale", 1),
            StgScale = parameters.OptionalDouble("stg_scale", 0),
            ModalityScale = parameters.OptionalDouble("modality_scale", 1),
            RescaleScale = parameters.OptionalDouble("rescale_scale", 0),
        },
        _ => throw new UnknownOperationException(Component, kind),
    };

    private static double Required(JsonElement parameters, string name) => parameters.GetProperty(name).GetDouble();

    private static float[] ReadInput(ReferenceCase referenceCase, string name) =>
        referenceCase.HasInput(name) ? referenceCase.Input(name).Data : [];

    private static void RunSkipStep(JsonElement parameters, CaseOutputs outputs)
    {
        int steps = parameters.GetProperty("steps").GetInt32();
        outputs.SetExpected(parameters.GetProperty("expected").EnumerateObject().ToDictionary(
            static entry => entry.Name,
            entry =>
            {
                ModalityGuidance guidance = new() { SkipStep = int.Parse(entry.Name, CultureInfo.InvariantCulture) };
                return Enumerable.Range(0, steps).Select(guidance.IsComputedAt).ToArray();
            },
            StringComparer.Ordinal));
    }
}
