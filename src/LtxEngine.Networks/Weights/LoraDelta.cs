using LtxEngine.Checkpoints.Lora;

namespace LtxEngine.Networks.Weights;

/// <summary>A LoRA file at a strength. The file must stay open while weights are loaded.</summary>
internal sealed class LoraDelta : IWeightDelta
{
    private readonly Dictionary<string, LoraTarget> _targets;
    private readonly string _filePath;

    /// <summary>Creates a delta.</summary>
    /// <param name="file">The LoRA file.</param>
    /// <param name="strength">The strength; 0 changes nothing.</param>
    public LoraDelta(LoraFile file, float strength)
    {
        Strength = strength;
        _targets = strength == 0 ? [] : file.TransformerTargets.ToDictionary(target => target.Module, StringComparer.Ordinal);
        Ranks = _targets.ToDictionary(target => target.Key, target => target.Value.Rank, StringComparer.Ordinal);
        _filePath = file.FilePath;

        // A file that was written anew gives other weights, which must not be taken for those still in memory.
        Identity = $"{file.FilePath}@{strength:R}@{File.GetLastWriteTimeUtc(file.FilePath).Ticks}";
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public float Strength { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> Ranks { get; }

    /// <inheritdoc/>
    public LoraTarget Target(string layer, int outputs, int inputs)
    {
        LoraTarget target = _targets[layer];
        return target.OutputFeatures == outputs && target.InputFeatures == inputs
            ? target
            : throw new ModelFormatException(
                _filePath,
                ModelFormatErrorKind.InvalidTensors,
                $"The LoRA changes '{layer}' as [{target.OutputFeatures}, {target.InputFeatures}], the model's weight is [{outputs}, {inputs}]; it was made for another model.");
    }
}
