using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Requests;

/// <summary>Every parameter of guidance in requests: <c>{"video": {…}, "audio": {…}, "stg_mode": …}</c>, left out members are neutral.</summary>
internal static class GuidanceValue
{
    /// <summary>What is allowed, for people.</summary>
    public const string Allowed = "an object with video, audio and stg_mode";

    private static readonly string[] ModalityMembers =
    [
        "cfg_scale", "cfg_variant", "apg_eta", "apg_norm_threshold", "stg_scale", "stg_blocks", "modality_scale", "rescale_scale", "skip_step",
    ];

    /// <summary>Names of the ways in which the negative prediction enters.</summary>
    public static ChoiceNames<CfgVariant> CfgVariants { get; } =
        new(("standard", CfgVariant.Standard), ("cfg-star", CfgVariant.Projected), ("apg", CfgVariant.AdaptiveProjected));

    /// <summary>Reads the parameters.</summary>
    public static GuidanceParameters? Read(JsonElement value, FieldPath path, FieldReader reader)
    {
        JsonElement unfolded = FieldReader.Unfold(value);
        if (!reader.IsObject(unfolded, path, "video", "audio", "stg_mode"))
        {
            return null;
        }

        ModalityGuidance? video = Modality("video");
        ModalityGuidance? audio = Modality("audio");
        string? mode = FieldReader.Member(unfolded, "stg_mode") is { } given
            ? reader.Choice(given, path.Member("stg_mode"), ChoiceNames<StgMode>.Kebab.Names)
            : ChoiceNames<StgMode>.Kebab.NameOf(StgMode.ResidualSkip);
        return video is null || audio is null || mode is null
            ? null
            : new GuidanceParameters { Video = video, Audio = audio, StgMode = ChoiceNames<StgMode>.Kebab.ValueOf(mode) };

        ModalityGuidance? Modality(string name) =>
            FieldReader.Member(unfolded, name) is { } member ? ReadModality(member, path.Member(name), reader) : ModalityGuidance.None;
    }

    /// <summary>Writes the parameters.</summary>
    public static JsonNode? Write(GuidanceParameters? guidance) => guidance is null
        ? null
        : new JsonObject
        {
            ["video"] = Write(guidance.Video),
            ["audio"] = Write(guidance.Audio),
            ["stg_mode"] = ChoiceNames<StgMode>.Kebab.NameOf(guidance.StgMode),
        };

    /// <summary>Reads the blocks that STG perturbs.</summary>
    public static IReadOnlyList<int>? ReadBlocks(JsonElement value, FieldPath path, FieldReader reader) =>
        reader.List(value, path, "blocks from 0, such as 10,29", (item, place) => reader.Integer(item, place, "a block, from 0", 0, int.MaxValue), separator: ',') is { } blocks
            ? [.. blocks.Cast<long>().Select(block => (int)block)]
            : null;

    /// <summary>Writes the blocks that STG perturbs.</summary>
    public static JsonNode? WriteBlocks(IReadOnlyList<int>? blocks) =>
        blocks is null ? null : new JsonArray([.. blocks.Select(block => (JsonNode)JsonValue.Create(block))]);

    private static ModalityGuidance? ReadModality(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (!reader.IsObject(value, path, ModalityMembers))
        {
            return null;
        }

        ModalityGuidance none = ModalityGuidance.None;
        double? cfg = Number("cfg_scale", none.CfgScale);
        string? variant = FieldReader.Member(value, "cfg_variant") is { } given
            ? reader.Choice(given, path.Member("cfg_variant"), CfgVariants.Names)
            : CfgVariants.NameOf(none.CfgVariant);
        double? eta = Number("apg_eta", none.ApgEta);
        double? threshold = Number("apg_norm_threshold", none.ApgNormThreshold, "0 (no limit) or more", 0);
        double? stg = Number("stg_scale", none.StgScale);
        IReadOnlyList<int>? blocks = FieldReader.Member(value, "stg_blocks") is { } list ? ReadBlocks(list, path.Member("stg_blocks"), reader) : none.StgBlocks;
        double? modality = Number("modality_scale", none.ModalityScale);
        double? rescale = Number("rescale_scale", none.RescaleScale, "0 … 1", 0, 1);
        long? skip = FieldReader.Member(value, "skip_step") is { } steps
            ? reader.Integer(steps, path.Member("skip_step"), $"0 … {RequestLimits.MaxSkippedSteps}", 0, RequestLimits.MaxSkippedSteps)
            : none.SkipStep;
        return cfg is null || variant is null || eta is null || threshold is null || stg is null || blocks is null || modality is null || rescale is null || skip is null
            ? null
            : new ModalityGuidance
            {
                CfgScale = cfg.Value,
                CfgVariant = CfgVariants.ValueOf(variant),
                ApgEta = eta.Value,
                ApgNormThreshold = threshold.Value,
                StgScale = stg.Value,
                StgBlocks = blocks,
                ModalityScale = modality.Value,
                RescaleScale = rescale.Value,
                SkipStep = (int)skip.Value,
            };

        double? Number(string member, double neutral, string allowed = "a finite number", double? minimum = null, double? maximum = null) =>
            FieldReader.Member(value, member) is { } number ? reader.Number(number, path.Member(member), allowed, minimum, maximum) : neutral;
    }

    private static JsonObject Write(ModalityGuidance guidance) => new()
    {
        ["cfg_scale"] = JsonNumbers.Write(guidance.CfgScale),
        ["cfg_variant"] = CfgVariants.NameOf(guidance.CfgVariant),
        ["apg_eta"] = JsonNumbers.Write(guidance.ApgEta),
        ["apg_norm_threshold"] = JsonNumbers.Write(guidance.ApgNormThreshold),
        ["stg_scale"] = JsonNumbers.Write(guidance.StgScale),
        ["stg_blocks"] = WriteBlocks(guidance.StgBlocks),
        ["modality_scale"] = JsonNumbers.Write(guidance.ModalityScale),
        ["rescale_scale"] = JsonNumbers.Write(guidance.RescaleScale),
        ["skip_step"] = guidance.SkipStep,
    };
}
