using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Safetensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Lora;

/// <summary>
/// A LoRA file: low-rank changes of linear layers. Original names (<c>diffusion_model.…</c>) and those of the diffusers library
/// (<c>transformer.…</c>), <c>lora_A/lora_B</c> and <c>lora_down/lora_up</c>, with and without alpha, are understood.
/// </summary>
internal sealed class LoraFile : IDisposable
{
    private static readonly (string Mark, string Name)[] UnsupportedForms =
    [
        (".dora_scale", "DoRA"), (".lora_magnitude_vector", "DoRA"), (".lokr_", "LoKr"), (".hada_", "LoHa"), (".oft_", "OFT"),
    ];

    private readonly SafetensorsFile _file;

    private LoraFile(SafetensorsFile file, IReadOnlyList<LoraTarget> targets, IReadOnlyList<string> ignoredKeys, int referenceDownscaleFactor)
    {
        _file = file;
        Targets = targets;
        IgnoredKeys = ignoredKeys;
        ReferenceDownscaleFactor = referenceDownscaleFactor;
    }

    /// <summary>Full path of the file, links resolved.</summary>
    public string FilePath => _file.FilePath;

    /// <summary>The changes of the transformer's layers, ordered by name.</summary>
    public IEnumerable<LoraTarget> TransformerTargets => Targets.Where(target => target.Scope == LoraScope.Transformer);

    /// <summary>All changes, ordered by name; that of the text projection, if any, included.</summary>
    public IReadOnlyList<LoraTarget> Targets { get; }

    /// <summary>Stored names that change nothing of the transformer, in ordinal order, for the caller to log once. The text projection's are among them.</summary>
    public IReadOnlyList<string> IgnoredKeys { get; }

    /// <summary>By how much the reference video of an IC-LoRA is smaller than the output; 1 for other LoRAs.</summary>
    public int ReferenceDownscaleFactor { get; }

    /// <summary>Opens a file; the matrices are not touched.</summary>
    /// <param name="path">The safetensors file.</param>
    /// <param name="modelFolder">The folder that links must not leave; by default the file's own.</param>
    /// <exception cref="ModelFormatException">The file is damaged or holds no LoRA that this engine applies; all problems at once.</exception>
    public static LoraFile Open(string path, string? modelFolder = null)
    {
        SafetensorsFile file = SafetensorsFile.Open(path, modelFolder);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds the layers of a transformer that the file changes.</summary>
    /// <param name="checkpoint">The checkpoint that holds the transformer.</param>
    /// <returns>The targets whose weight exists, and the names of layers that the transformer does not have.</returns>
    /// <exception cref="ModelFormatException">Shapes of the file and of the transformer differ, or no layer matches; all problems at once.</exception>
    public (IReadOnlyList<LoraTarget> Targets, IReadOnlyList<string> UnmatchedModules) Match(ITensorCollection checkpoint)
    {
        ProblemList problems = new();
        List<LoraTarget> matched = [];
        List<string> unmatched = [];
        foreach (LoraTarget target in TransformerTargets)
        {
            if (!checkpoint.Tensors.TryGetValue($"{TransformerConfiguration.Prefix}{target.Module}.weight", out StoredTensor? weight))
            {
                unmatched.Add(target.Module);
                continue;
            }

            // NVFP4 packs two columns into a byte.
            long columns = weight.Shape.Rank == 2 ? weight.Shape[1] * (weight.DataType == DataType.UInt8 ? 2 : 1) : 0;
            if (weight.Shape.Rank != 2 || weight.Shape[0] != target.OutputFeatures || columns != target.InputFeatures)
            {
                problems.Add(
                    ModelFormatErrorKind.InvalidTensors,
                    $"The LoRA changes '{target.Module}' as [{target.OutputFeatures}, {target.InputFeatures}], the model's weight is [{weight.Shape[0]}, {columns}]; it was made for another model.");
                continue;
            }

            matched.Add(target);
        }

        if (matched.Count == 0 && problems.Count == 0)
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, "None of the layers that the LoRA changes exists in the model; it was made for another model.");
        }

        problems.ThrowIfAny(FilePath);
        return (matched, unmatched);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static LoraFile Read(SafetensorsFile file)
    {
        ProblemList problems = new();
        SortedDictionary<string, Dictionary<LoraKey.Kind, StoredTensor>> modules = new(StringComparer.Ordinal);
        List<string> ignored = [];
        foreach (StoredTensor tensor in file.Tensors.Values)
        {
            foreach ((string mark, string form) in UnsupportedForms)
            {
                if (tensor.Name.Contains(mark, StringComparison.Ordinal))
                {
                    problems.Add(ModelFormatErrorKind.UnsupportedFormat, $"The file holds a {form} ('{mark}' in its names), not a plain LoRA; this engine does not apply it.");
                }
            }

            LoraKey? parsed = LoraKey.Parse(tensor.Name);
            if (parsed is not { Scope: LoraScope.Transformer })
            {
                ignored.Add(tensor.Name);
            }

            if (parsed is not { } key)
            {
                continue;
            }

            string module = $"{key.Scope}:{key.Module}";
            if (!modules.TryGetValue(module, out Dictionary<LoraKey.Kind, StoredTensor>? parts))
            {
                modules.Add(module, parts = []);
            }

            if (!parts.TryAdd(key.Part, tensor))
            {
                problems.Add(ModelFormatErrorKind.DuplicateKey, $"'{parts[key.Part].Name}' and '{tensor.Name}' are about the same matrix.");
            }
        }

        List<LoraTarget> targets = [];
        foreach ((string module, Dictionary<LoraKey.Kind, StoredTensor> parts) in modules)
        {
            if (ReadTarget(module, parts, problems) is { } target)
            {
                targets.Add(target);
            }
        }

        if (problems.Count == 0 && !targets.Exists(target => target.Scope == LoraScope.Transformer))
        {
            problems.Add(
                ModelFormatErrorKind.UnsupportedFormat,
                $"The file holds no LoRA of the LTX-2 transformer; its {file.Tensors.Count} names are like '{BoundedJson.Shorten(file.Tensors.Keys.FirstOrDefault() ?? string.Empty)}'.");
        }

        int downscale = 1;
        if (file.Metadata.TryGetValue("reference_downscale_factor", out string? text) && (!int.TryParse(text, out downscale) || downscale is < 1 or > 64))
        {
            problems.Add(ModelFormatErrorKind.InvalidConfiguration, $"__metadata__.reference_downscale_factor is '{BoundedJson.Shorten(text)}'; it must be an integer from 1 to 64.");
        }

        problems.ThrowIfAny(file.FilePath);
        ignored.Sort(StringComparer.Ordinal);
        return new LoraFile(file, targets, ignored, downscale);
    }

    private static LoraTarget? ReadTarget(string module, Dictionary<LoraKey.Kind, StoredTensor> parts, ProblemList problems)
    {
        string name = module[(module.IndexOf(':', StringComparison.Ordinal) + 1)..];
        LoraScope scope = module.StartsWith($"{LoraScope.Transformer}:", StringComparison.Ordinal) ? LoraScope.Transformer : LoraScope.TextProjection;
        if (!parts.TryGetValue(LoraKey.Kind.Down, out StoredTensor? down) || !parts.TryGetValue(LoraKey.Kind.Up, out StoredTensor? up))
        {
            string missing = parts.ContainsKey(LoraKey.Kind.Down) ? "up (lora_B)" : "down (lora_A)";
            problems.Add(ModelFormatErrorKind.InvalidTensors, $"The LoRA of '{name}' has no {missing} matrix.");
            return null;
        }

        bool fits = IsMatrix(down) && IsMatrix(up) && down.Shape[0] == up.Shape[1];
        if (!fits)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidTensors,
                $"The LoRA of '{name}' is {up.DataType} {up.Shape} × {down.DataType} {down.Shape}; [output, rank] × [rank, input] of a floating-point type is needed.");
            return null;
        }

        float? alpha = null;
        if (parts.TryGetValue(LoraKey.Kind.Alpha, out StoredTensor? stored))
        {
            alpha = stored.Shape.ElementCount == 1 ? stored.ToFloat32Array()[0] : float.NaN;
            if (!float.IsFinite(alpha.Value))
            {
                problems.Add(ModelFormatErrorKind.InvalidTensors, $"'{stored.Name}' must hold one finite number.");
                return null;
            }
        }

        return new LoraTarget(scope, name, down, up, alpha);
    }

    private static bool IsMatrix(StoredTensor tensor) =>
        tensor.Shape.Rank == 2 && tensor.Shape[0] is > 0 and <= int.MaxValue && tensor.Shape[1] is > 0 and <= int.MaxValue
        && (tensor.DataType is DataType.Float64 or DataType.Float32 or DataType.Float16 or DataType.BFloat16);
}
