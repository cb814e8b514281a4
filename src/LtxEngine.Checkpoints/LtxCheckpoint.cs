using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Layout;

namespace LtxEngine.Checkpoints;

/// <summary>
/// An LTX-2 checkpoint or a latent upsampler: its tensors, which components it holds, and their configurations. A file may hold one component only;
/// what is missing is judged for the components that are asked for.
/// </summary>
internal sealed class LtxCheckpoint : ITensorCollection, IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly Lazy<IReadOnlyList<string>> _unknownTensors;

    private LtxCheckpoint(Checkpoint checkpoint)
    {
        _checkpoint = checkpoint;
        Components = FindComponents(checkpoint);
        _unknownTensors = new Lazy<IReadOnlyList<string>>(() => LayoutChecker.FindUnknown(this, ReadLayout(Components, new ProblemList())));
    }

    /// <summary>The file or folder that was opened.</summary>
    public string SourcePath => _checkpoint.SourcePath;

    /// <summary>The components of which the file holds at least one tensor.</summary>
    public ModelComponents Components { get; }

    /// <summary>The names of tensors that no component reads, in ordinal order, for the caller to log once.</summary>
    public IReadOnlyList<string> UnknownTensors => _unknownTensors.Value;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _checkpoint.Tensors;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => _checkpoint.Metadata;

    /// <summary>Opens a checkpoint; tensor data is not touched.</summary>
    /// <param name="path">A safetensors file, or a folder with one or with shards and an index.</param>
    /// <param name="modelFolder">The folder that links must not leave; by default the opened folder, or the file's own.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, or of another format or model family, which the message names.</exception>
    public static LtxCheckpoint Open(string path, string? modelFolder = null)
    {
        Checkpoint checkpoint = Checkpoint.Open(path, modelFolder);
        try
        {
            ModelFamily.RefuseOthers(checkpoint);
            LtxCheckpoint result = new(checkpoint);
            return result.Components != ModelComponents.None
                ? result
                : throw new ModelFormatException(
                    checkpoint.SourcePath,
                    ModelFormatErrorKind.UnsupportedFormat,
                    "The file holds nothing of LTX-2: no transformer, VAE, vocoder, text projection or latent upsampler. Use an original LTX-2 file.");
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Demands that components are complete and of the right shapes and options.</summary>
    /// <param name="components">What is asked for.</param>
    /// <exception cref="ModelFormatException">Every problem of every component asked for, in one error.</exception>
    public void Require(ModelComponents components)
    {
        ProblemList problems = new();
        foreach (ModelComponents component in Enum.GetValues<ModelComponents>())
        {
            if (component == ModelComponents.None || !components.HasFlag(component))
            {
                continue;
            }

            if (!Components.HasFlag(component))
            {
                problems.Add(ModelFormatErrorKind.InvalidTensors, $"The file holds no {Describe(component)}; use a file that does, such as the original ltx-2-19b-*.safetensors.");
                continue;
            }

            ProblemList own = new();
            IReadOnlyList<ExpectedTensor> layout = ReadLayout(component, own);

            // Shapes are derived from the configuration: where that is wrong, they would only repeat it.
            if (own.Count == 0)
            {
                LayoutChecker.Check(this, layout, problems);
            }
            else
            {
                own.CopyTo(problems);
                LayoutChecker.CheckPresence(this, layout, problems);
            }
        }

        problems.ThrowIfAny(SourcePath);
    }

    /// <inheritdoc/>
    public void Dispose() => _checkpoint.Dispose();

    private static ModelComponents FindComponents(Checkpoint checkpoint)
    {
        ModelComponents components = ModelComponents.None;
        foreach (string name in checkpoint.Tensors.Keys)
        {
            components |= name switch
            {
                _ when name.StartsWith("text_embedding_projection.", StringComparison.Ordinal) => ModelComponents.TextConditioning,
                _ when name.StartsWith(TransformerConfiguration.Prefix, StringComparison.Ordinal) =>
                    name.Contains("_embeddings_connector.", StringComparison.Ordinal) ? ModelComponents.TextConditioning : ModelComponents.Transformer,
                _ when name.StartsWith(VideoVaeConfiguration.EncoderPrefix, StringComparison.Ordinal) => ModelComponents.VideoVaeEncoder,
                _ when name.StartsWith(VideoVaeConfiguration.DecoderPrefix, StringComparison.Ordinal) => ModelComponents.VideoVaeDecoder,
                _ when name.StartsWith(AudioVaeConfiguration.EncoderPrefix, StringComparison.Ordinal) => ModelComponents.AudioVaeEncoder,
                _ when name.StartsWith(AudioVaeConfiguration.DecoderPrefix, StringComparison.Ordinal) => ModelComponents.AudioVaeDecoder,
                _ when name.StartsWith(VocoderConfiguration.Prefix, StringComparison.Ordinal) => ModelComponents.Vocoder,
                "initial_conv.weight" => ModelComponents.LatentUpsampler,
                _ => ModelComponents.None,
            };
        }

        return components;
    }

    private static string Describe(ModelComponents component) => component switch
    {
        ModelComponents.Transformer => "diffusion transformer (model.diffusion_model.*)",
        ModelComponents.TextConditioning => "text projection and connectors (text_embedding_projection.*, *_embeddings_connector.*)",
        ModelComponents.VideoVaeEncoder => "video VAE encoder (vae.encoder.*)",
        ModelComponents.VideoVaeDecoder => "video VAE decoder (vae.decoder.*)",
        ModelComponents.AudioVaeEncoder => "audio VAE encoder (audio_vae.encoder.*)",
        ModelComponents.AudioVaeDecoder => "audio VAE decoder (audio_vae.decoder.*)",
        ModelComponents.Vocoder => "vocoder (vocoder.*)",
        _ => "latent upsampler (initial_conv.weight)",
    };

    private List<ExpectedTensor> ReadLayout(ModelComponents components, ProblemList problems)
    {
        List<ExpectedTensor> tensors = [];
        void Add(ModelComponents component, Func<IReadOnlyList<ExpectedTensor>> list)
        {
            if (components.HasFlag(component))
            {
                tensors.AddRange(list());
            }
        }

        Add(ModelComponents.Transformer, () => TransformerLayout.List(TransformerConfiguration.Read(this, problems)));
        Add(ModelComponents.TextConditioning, () => TextConditioningLayout.List(TextConditioningConfiguration.Read(this, problems)));
        Add(ModelComponents.VideoVaeEncoder, () => VideoVaeLayout.ListEncoder(VideoVaeConfiguration.Read(this, problems)));
        Add(ModelComponents.VideoVaeDecoder, () => VideoVaeLayout.ListDecoder(VideoVaeConfiguration.Read(this, problems)));
        Add(ModelComponents.AudioVaeEncoder, () => AudioVaeLayout.ListEncoder(AudioVaeConfiguration.Read(this, problems)));
        Add(ModelComponents.AudioVaeDecoder, () => AudioVaeLayout.ListDecoder(AudioVaeConfiguration.Read(this, problems)));
        Add(ModelComponents.Vocoder, () => VocoderLayout.List(VocoderConfiguration.Read(this, problems)));
        Add(ModelComponents.LatentUpsampler, () => LatentUpsamplerLayout.List(LatentUpsamplerConfiguration.Read(this, problems)));
        return tensors;
    }
}
