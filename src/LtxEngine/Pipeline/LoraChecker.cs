using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Checks LoRA files against the model before a request runs: headers only, so that a file of another model does not cost hours.</summary>
/// <param name="checkpoint">The model.</param>
internal sealed class LoraChecker(ITensorCollection checkpoint)
{
    private const int NamesShown = 3;

    /// <summary>Checks every LoRA of a request.</summary>
    /// <param name="request">The request, which need not be a valid one.</param>
    /// <param name="plan">Its plan, which names the LoRAs of the model folder; null where the request has none.</param>
    /// <param name="errors">Receives the files that cannot be used.</param>
    /// <returns>A warning for each file that is not used as a whole.</returns>
    public IReadOnlyList<string> Check(GenerationRequest request, GenerationPlan? plan, List<RequestError> errors)
    {
        List<string> warnings = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < (request.Loras?.Count ?? 0); i++)
        {
            if (request.Loras![i]?.Path is { } path && !string.IsNullOrWhiteSpace(path) && seen.Add(path))
            {
                CheckFile(path, $"loras[{i}]", errors, warnings);
            }
        }

        foreach (LoraUse camera in plan?.Stage.Loras.Where(lora => seen.Add(lora.Path)) ?? [])
        {
            CheckFile(camera.Path, "camera_lora", errors, warnings);
        }

        foreach (LoraUse distilled in plan?.SecondStage?.Loras.Where(lora => seen.Add(lora.Path)) ?? [])
        {
            // That this file also holds the text projection, which the original leaves alone, is no news to its user.
            CheckFile(distilled.Path, "use_multiscale", errors, warnings: null);
        }

        return warnings;
    }

    private void CheckFile(string path, string field, List<RequestError> errors, List<string>? warnings)
    {
        try
        {
            using LoraFile file = LoraFile.Open(path);
            IReadOnlyList<string> unmatched = file.Match(checkpoint).UnmatchedModules;
            if (warnings is not null)
            {
                AddWarnings(file, unmatched, warnings);
            }
        }
        catch (ModelFormatException exception)
        {
            errors.Add(new RequestError(field, $"\"{path}\"", $"a LoRA of this model ({string.Join(" ", exception.Problems).TrimEnd('.')})"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            errors.Add(new RequestError(field, $"\"{path}\"", $"a LoRA file that can be read ({exception.Message.TrimEnd('.')})"));
        }
    }

    private static void AddWarnings(LoraFile file, IReadOnlyList<string> unmatched, List<string> warnings)
    {
        string name = Path.GetFileName(file.FilePath);
        if (file.IgnoredKeys.Count > 0)
        {
            warnings.Add($"{name}: {file.IgnoredKeys.Count} tensors change nothing of the transformer and are ignored ({Names(file.IgnoredKeys)}).");
        }

        if (unmatched.Count > 0)
        {
            warnings.Add($"{name}: {unmatched.Count} of its layers do not exist in this model and are ignored ({Names(unmatched)}).");
        }

        if (file.ReferenceDownscaleFactor != 1)
        {
            warnings.Add($"{name} was trained with a reference video, which requests do not have.");
        }
    }

    private static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? ", …" : string.Empty);
}
