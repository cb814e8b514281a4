namespace LtxEngine.Pipeline;

/// <summary>LoRAs and how they take effect: what makes one transformer differ from another.</summary>
/// <param name="Loras">The LoRAs, added in this order; none with a strength of 0.</param>
/// <param name="Mode">On the weights, or beside them.</param>
/// <param name="Rounding">How they are added to the weights.</param>
internal sealed record LoraSet(IReadOnlyList<LoraUse> Loras, LoraMode Mode, LoraRounding Rounding)
{
    /// <summary>Makes a set; a LoRA with a strength of 0 is as if the file were not there.</summary>
    /// <param name="loras">The LoRAs.</param>
    /// <param name="mode">On the weights, or beside them.</param>
    /// <param name="rounding">How they are added to the weights.</param>
    public static LoraSet Create(IEnumerable<LoraUse> loras, LoraMode mode, LoraRounding rounding) => new([.. loras.Where(lora => lora.Strength != 0)], mode, rounding);

    /// <summary>Identifies the set. A file that was written anew is another file: results must not come from what it held before.</summary>
    public string Key => Loras.Count == 0 ? string.Empty : $"{Mode} {Rounding}\n" + string.Join('\n', Loras.Select(Identify));

    private static string Identify(LoraUse lora)
    {
        FileInfo file = new(lora.Path);
        return $"{file.FullName}@{lora.Strength:R}@{file.Length}@{file.LastWriteTimeUtc.Ticks}";
    }
}
