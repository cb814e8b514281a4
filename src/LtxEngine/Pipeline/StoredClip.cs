using LtxEngine.Pipeline.Resume;

namespace LtxEngine.Pipeline;

/// <summary>What a file tells about how its clip was made: <see cref="StoredSettings"/>.</summary>
/// <param name="Request">The request.</param>
/// <param name="Problems">Its images that are missing or were changed, each with what stands in its place.</param>
/// <param name="Model">The model; null where the file does not say it.</param>
/// <param name="Loras">Fingerprints of the LoRA files by their names without folders, those of the model folder included.</param>
internal sealed record StoredClip(GenerationRequest Request, IReadOnlyList<StoredImageProblem> Problems, ModelOrigin? Model, IReadOnlyDictionary<string, string> Loras)
{
    /// <summary>Tells where repeating the clip cannot give the same one, because a file has other content than it had.</summary>
    /// <param name="model">The model that repeats it.</param>
    /// <param name="loras">The LoRA files that it is repeated with.</param>
    /// <returns>A warning for each file.</returns>
    public IEnumerable<string> Differences(ModelOrigin model, IEnumerable<string> loras)
    {
        if (Model is { } before && !string.Equals(before.Fingerprint, model.Fingerprint, StringComparison.Ordinal))
        {
            yield return $"The clip was made with another model, {Describe(before)}; this one is {Describe(model)}: the result will differ.";
        }

        foreach (string lora in loras.Distinct(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(lora);
            if (Loras.TryGetValue(name, out string? fingerprint) && File.Exists(lora) && FileIdentity.OfContent(lora) is { } now
                && !string.Equals(fingerprint, now, StringComparison.Ordinal))
            {
                yield return $"The clip was made with another LoRA file {name} ({fingerprint}); this one is {lora} ({now}): the result will differ.";
            }
        }
    }

    private static string Describe(ModelOrigin model) => $"{model.Name} ({model.Checkpoint}, {model.Fingerprint})";
}
