using System.Text.Json;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>What a file says about how it was made.</summary>
internal static class ClipSettings
{
    /// <summary>The texts to store in a file.</summary>
    /// <param name="plan">The settings.</param>
    /// <param name="options">Further texts; they replace ours where the keys are equal.</param>
    /// <returns>The texts by key.</returns>
    public static IReadOnlyDictionary<string, string> Metadata(GenerationPlan plan, SaveOptions options)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["comment"] = JsonSerializer.Serialize(new
            {
                prompt = plan.Prompt,
                negative_prompt = plan.NegativePrompt,
                seed = plan.Seed,
                num_inference_steps = plan.Stage.Steps,
            }),
        };
        foreach ((string key, string value) in options.Metadata)
        {
            metadata[key] = value;
        }

        return metadata;
    }
}
