using LtxEngine.Checkpoints.Lora;

namespace LtxEngine.Networks.Weights;

/// <summary>A LoRA file at a strength, added in fp32 to the transformer's weights. The file must stay open while weights are loaded.</summary>
internal sealed class LoraDelta : IWeightDelta
{
    private readonly Dictionary<string, LoraTarget> _targets;
    private readonly float _strength;
    private readonly string _filePath;

    /// <summary>Creates a delta.</summary>
    /// <param name="file">The LoRA file.</param>
    /// <param name="strength">The strength; 0 changes nothing.</param>
    public LoraDelta(LoraFile file, float strength)
    {
        _strength = strength;
        _targets = strength == 0 ? [] : file.TransformerTargets.ToDictionary(target => target.Module, StringComparer.Ordinal);
        _filePath = file.FilePath;

        // A file that was written anew gives other weights, which must not be taken for those still in memory.
        Identity = $"{file.FilePath}@{strength:R}@{File.GetLastWriteTimeUtc(file.FilePath).Ticks}";
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public bool Changes(string layer) => _targets.ContainsKey(layer);

    /// <inheritdoc/>
    public void AddTo(string layer, Span<float> weight, int outputs, int inputs)
    {
        LoraTarget target = _targets[layer];
        if (target.OutputFeatures != outputs || target.InputFeatures != inputs)
        {
            throw new ModelFormatException(
                _filePath,
                ModelFormatErrorKind.InvalidTensors,
                $"The LoRA changes '{layer}' as [{target.OutputFeatures}, {target.InputFeatures}], the model's weight is [{outputs}, {inputs}]; it was made for another model.");
        }

        LoraFusion.Add(weight, target, _strength);
    }
}
