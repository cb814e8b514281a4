namespace LtxEngine.Checkpoints.Layout;

/// <summary>Recognises files that are not what this engine runs, so that the error says what they are instead of listing missing tensors.</summary>
internal static class ModelFamily
{
    private const string UseOriginal = "use the original ltx-2-19b-*.safetensors file of January 2026";

    /// <summary>Refuses a checkpoint of another family or layout.</summary>
    /// <param name="checkpoint">The open checkpoint.</param>
    /// <exception cref="ModelFormatException">The file is of another family or layout.</exception>
    public static void RefuseOthers(ITensorCollection checkpoint)
    {
        if (Recognise(checkpoint) is { } problem)
        {
            throw new ModelFormatException(checkpoint.DisplayPath(), ModelFormatErrorKind.UnsupportedFormat, problem);
        }
    }

    private static string? Recognise(ITensorCollection checkpoint)
    {
        ICollection<string> names = [.. checkpoint.Tensors.Keys];
        bool Any(string part) => names.Any(name => name.Contains(part, StringComparison.Ordinal));
        bool Begins(string part) => names.Any(name => name.StartsWith(part, StringComparison.Ordinal));

        string version = checkpoint.Metadata.TryGetValue("model_version", out string? stated) ? stated : string.Empty;
        if (version.StartsWith("2.5", StringComparison.Ordinal) || Any("keyframes_abs_pos_embedding"))
        {
            return $"The file is an LTX-2.5 model (22B), which this engine does not run; {UseOriginal}.";
        }

        if (IsLaterVersion(version) || Any(".to_gate_logits.") || Any("prompt_scale_shift_table") || Any("prompt_adaln_single.") || Begins("vocoder.bwe"))
        {
            return $"The file is an LTX-2.3 model or later (22B), which this engine does not run; {UseOriginal}.";
        }

        if (Any(".lora_A.") || Any(".lora_B.") || Any(".lora_down.") || Any(".lora_up."))
        {
            return "The file is a LoRA, a change to a model; name it as a LoRA and give the model itself as the checkpoint.";
        }

        if (Any(".norm_q.") || Any(".resnets.") || Begins("time_embed.") || Begins("proj_in.") || Begins("video_connector.") || Begins("latents_mean"))
        {
            return $"The file is in the layout of the diffusers library, which this engine does not read; {UseOriginal}.";
        }

        if (Any("embed_tokens.weight"))
        {
            return "The file is a language model (the Gemma text encoder); give its folder as the text encoder and the LTX-2 model as the checkpoint.";
        }

        return null;
    }

    private static bool IsLaterVersion(string version) =>
        Version.TryParse(string.Join('.', version.Split('.').Take(2).Select(part => new string([.. part.TakeWhile(char.IsAsciiDigit)]))), out Version? parsed)
        && parsed >= new Version(2, 3);
}
