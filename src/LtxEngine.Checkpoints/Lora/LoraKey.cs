namespace LtxEngine.Checkpoints.Lora;

/// <summary>A key of a LoRA file, taken apart: which layer it is about, and what it holds.</summary>
/// <param name="Scope">The network.</param>
/// <param name="Module">The layer's original name below the network's prefix.</param>
/// <param name="Part">What the tensor is.</param>
internal readonly record struct LoraKey(LoraScope Scope, string Module, LoraKey.Kind Part)
{
    private const string ProjectionModule = "aggregate_embed";

    private static readonly (string Suffix, Kind Part)[] Suffixes =
    [
        (".lora_A.weight", Kind.Down), (".lora_B.weight", Kind.Up),
        (".lora_A.default.weight", Kind.Down), (".lora_B.default.weight", Kind.Up),
        (".lora_down.weight", Kind.Down), (".lora_up.weight", Kind.Up),
        (".lora.down.weight", Kind.Down), (".lora.up.weight", Kind.Up),
        (".alpha", Kind.Alpha),
    ];

    private static readonly string[] Prefixes = ["base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer."];

    private static readonly Dictionary<string, string> DiffusersNames = new(StringComparer.Ordinal)
    {
        ["proj_in"] = "patchify_proj",
        ["audio_proj_in"] = "audio_patchify_proj",
        ["time_embed"] = "adaln_single",
        ["audio_time_embed"] = "audio_adaln_single",
        ["av_cross_attn_video_scale_shift"] = "av_ca_video_scale_shift_adaln_single",
        ["av_cross_attn_video_a2v_gate"] = "av_ca_a2v_gate_adaln_single",
        ["av_cross_attn_audio_scale_shift"] = "av_ca_audio_scale_shift_adaln_single",
        ["av_cross_attn_audio_v2a_gate"] = "av_ca_v2a_gate_adaln_single",
    };

    /// <summary>The kinds of tensors in a LoRA file.</summary>
    internal enum Kind
    {
        /// <summary>A, <c>lora_down</c>: [rank, input].</summary>
        Down,

        /// <summary>B, <c>lora_up</c>: [output, rank].</summary>
        Up,

        /// <summary>The scale's numerator, one number.</summary>
        Alpha,
    }

    /// <summary>Takes a key apart.</summary>
    /// <param name="key">The stored name.</param>
    /// <returns>Null when the key is about nothing that this engine changes.</returns>
    public static LoraKey? Parse(string key)
    {
        foreach ((string suffix, Kind part) in Suffixes)
        {
            if (!key.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            string module = key[..^suffix.Length];
            if (module is "text_embedding_projection." + ProjectionModule or "connectors.text_proj_in" or "text_proj_in")
            {
                return new LoraKey(LoraScope.TextProjection, ProjectionModule, part);
            }

            foreach (string prefix in Prefixes)
            {
                if (module.StartsWith(prefix, StringComparison.Ordinal))
                {
                    module = module[prefix.Length..];
                }
            }

            string original = ToOriginalName(module);
            return IsTransformerModule(original) ? new LoraKey(LoraScope.Transformer, original, part) : null;
        }

        return null;
    }

    private static string ToOriginalName(string module)
    {
        int end = module.IndexOf('.', StringComparison.Ordinal);
        string first = end < 0 ? module : module[..end];
        return DiffusersNames.TryGetValue(first, out string? original) ? original + module[first.Length..] : module;
    }

    private static bool IsTransformerModule(string module) =>
        module.StartsWith("transformer_blocks.", StringComparison.Ordinal)
        || module is "patchify_proj" or "audio_patchify_proj" or "proj_out" or "audio_proj_out"
        || module.StartsWith("caption_projection.", StringComparison.Ordinal)
        || module.StartsWith("audio_caption_projection.", StringComparison.Ordinal)
        || module.Split('.')[0].EndsWith("adaln_single", StringComparison.Ordinal);
}
