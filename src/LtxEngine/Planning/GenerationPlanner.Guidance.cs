using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Planning;

/// <content>Guidance: preset, scale, own parameters.</content>
internal static partial class GenerationPlanner
{
    private static IGuider? Guidance(GenerationRequest request, ModelProfile model, ErrorList errors, List<string> warnings, out bool usesNegative)
    {
        usesNegative = true;
        double? scale = request.GuidanceScale;
        string? preset = request.GuidancePreset;
        errors.Require(scale is null || double.IsFinite(scale.Value), "guidance_scale", scale, "a finite number; 1 is off");
        bool presetKnown = errors.Require(
            preset is null || GuidanceParameters.PresetNames.Contains(preset, StringComparer.Ordinal), "guidance_preset", preset, string.Join(", ", GuidanceParameters.PresetNames));
        if (request.Guider is not null || request.Guidance is not null)
        {
            errors.Require(scale is null, "guidance_scale", scale, "null beside own guidance, which sets every scale itself");
            errors.Require(preset is null, "guidance_preset", preset, "null beside own guidance, which sets every scale itself");
            GuidanceChanges.Refuse(request, errors);
            errors.Require(request.Guider is null || request.Guidance is null, "guidance", "set", "null beside an own guider, which sets every scale itself");
        }

        if (request.Guider is { } own)
        {
            return own;
        }

        if (!presetKnown || errors.Has("guidance_scale"))
        {
            return null;
        }

        try
        {
            GuidanceChanges.Check(request, model, errors);
            GuidanceParameters parameters = request.Guidance ?? (errors.HasGuidance ? GuidanceParameters.Distilled : FromPreset(request, scale, preset, model, warnings));
            parameters.Validate();
            CheckBlocks(parameters, model, errors);
            usesNegative = parameters.UsesNegative;
            return errors.Has("guidance") || errors.HasGuidance ? null : new MultiModalGuider(parameters);
        }
        catch (ArgumentException exception)
        {
            errors.Require(false, request.Guidance is null ? "guidance_preset" : "guidance", request.Guidance is null ? model.Defaults.GuidancePreset : "set", exception.Message);
            return null;
        }
    }

    private static GuidanceParameters FromPreset(GenerationRequest request, double? scale, string? preset, ModelProfile model, List<string> warnings)
    {
        if (model.IsDistilled)
        {
            string[] ignored = [.. scale is null ? (string[])[] : ["guidance_scale"], .. preset is null or "distilled" ? (string[])[] : ["guidance_preset"], .. GuidanceChanges.Given(request)];
            if (ignored.Length > 0)
            {
                warnings.Add($"The checkpoint is a distilled one, which has no guidance: {string.Join(", ", ignored)} {(ignored.Length == 1 ? "is" : "are")} ignored.");
            }

            return GuidanceParameters.Distilled;
        }

        // The folder's scale belongs to the folder's preset: choosing another preset means that preset's own scale.
        scale ??= preset is null || string.Equals(preset, model.Defaults.GuidancePreset, StringComparison.Ordinal) ? model.Defaults.GuidanceScale : null;
        preset ??= model.Defaults.GuidancePreset;
        GuidanceParameters parameters = GuidanceParameters.FromPreset(preset, model.Layers);
        if (scale is null)
        {
            return GuidanceChanges.Apply(request, parameters, model.Layers);
        }

        // January 15 has one scale for everything; the later preset has its own for sound, which stays.
        GuidanceParameters scaled = string.Equals(preset, "january-29", StringComparison.Ordinal)
            ? parameters with { Video = parameters.Video with { CfgScale = scale.Value } }
            : GuidanceParameters.ForCfg(scale.Value);
        return GuidanceChanges.Apply(request, scaled, model.Layers);
    }

    private static void CheckBlocks(GuidanceParameters parameters, ModelProfile model, ErrorList errors)
    {
        foreach (int block in parameters.Video.StgBlocks.Concat(parameters.Audio.StgBlocks).Distinct().Where(b => b >= model.Layers))
        {
            errors.Require(false, "guidance", block, $"STG blocks 0 … {model.Layers - 1} of this model");
        }
    }
}
