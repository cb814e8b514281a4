namespace LtxEngine.Prompting;

/// <summary>How the next token of a text is drawn.</summary>
internal sealed record TokenSamplingSettings
{
    /// <summary>What logits are divided by, above 0: lower is more predictable. The original expands prompts at 0.7.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Only this many of the most probable ids stay (and those equal to the last of them); 0 keeps all. 64 is what Gemma 3 is published with.</summary>
    public int TopK { get; init; } = 64;

    /// <summary>Of these, the most probable ones that together hold this share of the mass, above 0 up to 1; 1 keeps all. 0.95 is what Gemma 3 is published with.</summary>
    public double TopP { get; init; } = 0.95;

    /// <summary>Throws when a setting is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public void Check()
    {
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature must be a finite number above 0.");
        }

        if (TopK < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(TopK), TopK, "TopK must be 0 (keep all) or more.");
        }

        if (!(TopP is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(TopP), TopP, "TopP must be above 0 and at most 1.");
        }
    }
}
