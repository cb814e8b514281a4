using System.Text.Json;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Verification.Components;

/// <summary>The LoRA files that a case names, open as long as weights are loaded.</summary>
internal sealed class LoraSet : IDisposable
{
    private readonly List<LoraFile> _files = [];
    private readonly List<IWeightDelta> _deltas = [];

    private LoraSet()
    {
    }

    /// <summary>The changes in the order of the case.</summary>
    public IReadOnlyList<IWeightDelta> Deltas => _deltas;

    /// <summary>Opens the files of <c>parameters.loras</c>; none when it is absent.</summary>
    /// <param name="root">The folder that the names are relative to.</param>
    /// <param name="parameters">The case's parameters.</param>
    public static LoraSet Open(string root, JsonElement parameters)
    {
        LoraSet set = new();
        if (!parameters.TryGetProperty("loras", out JsonElement loras) || loras.ValueKind != JsonValueKind.Array)
        {
            return set;
        }

        try
        {
            foreach (JsonElement lora in loras.EnumerateArray())
            {
                LoraFile file = LoraFile.Open(Path.Combine(root, lora.GetProperty("file").GetString()!));
                set._files.Add(file);
                set._deltas.Add(new LoraDelta(file, (float)lora.OptionalDouble("strength", 1)));
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LoraFile file in _files)
        {
            file.Dispose();
        }
    }
}
