using LtxEngine.Diffusion.Guidance;
using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <summary>The single parameters of guidance that a request puts in place of its preset's, for video and sound alike.</summary>
internal static class GuidanceChanges
{
    /// <summary>Names of the fields.</summary>
    public static IReadOnlyList<string> Fields { get; } =
    [
        "audio_guidance_scale", "stg_scale", "stg_blocks", "stg_mode", "modality_scale", "rescale_scale", "guidance_skip_step", "cfg_variant", "apg_eta",
        "apg_norm_threshold",
    ];

    /// <summary>Names of the fields that a request gives.</summary>
    /// <param name="request">The request.</param>
    public static IEnumerable<string> Given(GenerationRequest request) => Values(request).Where(field => field.Value is not null).Select(field => field.Name);

    /// <summary>Refuses every given field: the request brings a guidance of its own.</summary>
    /// <param name="request">The request.</param>
    /// <param name="errors">Receives the errors.</param>
    public static void Refuse(GenerationRequest request, ErrorList errors)
    {
        foreach ((string name, object? value) in Values(request))
        {
            errors.Require(value is null, name, value, "null beside own guidance, which sets every parameter itself");
        }
    }

    /// <summary>Checks the given values.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="errors">Receives the errors.</param>
    public static void Check(GenerationRequest request, ModelProfile model, ErrorList errors)
    {
        if (request.Guidance is not null)
        {
            return;
        }

        const string Finite = "a finite number";
        errors.Require(IsFinite(request.AudioGuidanceScale), "audio_guidance_scale", request.AudioGuidanceScale, Finite + "; 1 is off");
        errors.Require(IsFinite(request.StgScale), "stg_scale", request.StgScale, Finite + "; 0 is off");
        foreach (int block in request.StgBlocks?.Where(block => block < 0 || block >= model.Layers).Take(1) ?? [])
        {
            errors.Require(false, "stg_blocks", block, $"blocks 0 … {model.Layers - 1} of this model");
        }

        errors.Require(request.StgMode is null || Enum.IsDefined(request.StgMode.Value), "stg_mode", request.StgMode, string.Join(", ", ChoiceNames<StgMode>.Kebab.Names));
        errors.Require(IsFinite(request.ModalityScale), "modality_scale", request.ModalityScale, Finite + "; 1 is off");
        errors.Require(request.RescaleScale is null or (>= 0 and <= 1), "rescale_scale", request.RescaleScale, "0 (off) … 1");
        errors.Require(
            request.GuidanceSkipStep is null or (>= 0 and <= RequestLimits.MaxSkippedSteps), "guidance_skip_step", request.GuidanceSkipStep, $"0 … {RequestLimits.MaxSkippedSteps}");
        errors.Require(request.CfgVariant is null || Enum.IsDefined(request.CfgVariant.Value), "cfg_variant", request.CfgVariant, string.Join(", ", GuidanceValue.CfgVariants.Names));
        errors.Require(IsFinite(request.ApgEta), "apg_eta", request.ApgEta, Finite);
        errors.Require(IsFinite(request.ApgNormThreshold) && request.ApgNormThreshold is null or >= 0, "apg_norm_threshold", request.ApgNormThreshold, "0 (no limit) or more");
    }

    /// <summary>Puts the given values in place of the preset's.</summary>
    /// <param name="request">The request.</param>
    /// <param name="preset">The preset, with the request's guidance scale.</param>
    /// <param name="layers">Blocks of the transformer.</param>
    public static GuidanceParameters Apply(GenerationRequest request, GuidanceParameters preset, int layers)
    {
        return preset with
        {
            Video = Change(preset.Video),
            Audio = Change(preset.Audio) with { CfgScale = request.AudioGuidanceScale ?? preset.Audio.CfgScale },
            StgMode = request.StgMode ?? preset.StgMode,
        };

        ModalityGuidance Change(ModalityGuidance guidance)
        {
            double stg = request.StgScale ?? guidance.StgScale;

            // A preset without STG names no block; asking for STG means the model's usual one then.
            IReadOnlyList<int> blocks = request.StgBlocks ?? (stg != 0 && guidance.StgBlocks.Count == 0 ? [GuidanceParameters.DefaultStgBlock(layers)] : guidance.StgBlocks);
            return guidance with
            {
                StgScale = stg,
                StgBlocks = blocks,
                ModalityScale = request.ModalityScale ?? guidance.ModalityScale,
                RescaleScale = request.RescaleScale ?? guidance.RescaleScale,
                SkipStep = request.GuidanceSkipStep ?? guidance.SkipStep,
                CfgVariant = request.CfgVariant ?? guidance.CfgVariant,
                ApgEta = request.ApgEta ?? guidance.ApgEta,
                ApgNormThreshold = request.ApgNormThreshold ?? guidance.ApgNormThreshold,
            };
        }
    }

    private static bool IsFinite(double? value) => value is null || double.IsFinite(value.Value);

    private static IEnumerable<(string Name, object? Value)> Values(GenerationRequest request) => Fields.Zip<string, object?>(
    [
        request.AudioGuidanceScale, request.StgScale, request.StgBlocks, request.StgMode, request.ModalityScale, request.RescaleScale, request.GuidanceSkipStep,
        request.CfgVariant, request.ApgEta, request.ApgNormThreshold,
    ]);
}
