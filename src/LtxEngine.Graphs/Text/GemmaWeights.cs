using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// The checked weights of a Gemma 3 text model as they are stored, and its embeddings: what every way of running its layers begins with.
/// </summary>
internal sealed class GemmaWeights
{
    private static readonly string[] Prefixes = ["language_model.model.", "model.language_model.", "model."];

    private readonly float _embeddingScale;

    /// <summary>Finds and checks the weights.</summary>
    /// <param name="configuration">The configuration of the model.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive this object.</param>
    /// <param name="embeddingScale">What embeddings are multiplied by; null for <see cref="DefaultEmbeddingScale"/>.</param>
    /// <exception cref="ModelFormatException">Weights are missing or have other shapes; all problems are listed.</exception>
    internal GemmaWeights(GemmaConfiguration configuration, ITensorCollection tensors, double? embeddingScale)
    {
        Configuration = configuration;
        Tensors = tensors;
        Prefix = FindPrefix(tensors);
        Parts = GemmaLayerGraph.Parts(configuration);
        Embedding = tensors.Tensors[Prefix + "embed_tokens.weight"];
        Check();
        _embeddingScale = (float)(embeddingScale ?? DefaultEmbeddingScale(configuration.HiddenSize));
    }

    /// <summary>The sizes of the model.</summary>
    internal GemmaConfiguration Configuration { get; }

    /// <summary>The checkpoint.</summary>
    internal ITensorCollection Tensors { get; }

    /// <summary>What the names of the text model's weights begin with.</summary>
    internal string Prefix { get; }

    /// <summary>The weights of a layer.</summary>
    internal ImmutableArray<LayerPart> Parts { get; }

    /// <summary>The embedding table, which is also the output head: <c>[vocabulary, hidden size]</c>.</summary>
    internal StoredTensor Embedding { get; }

    /// <summary>The name that the last norm's weight has; it holds w and means 1 + w.</summary>
    internal string FinalNormName => Prefix + "norm.weight";

    /// <summary>
    /// √(hidden size), rounded to bf16: 62 instead of 61.97 at 12B. The original runs Gemma in bf16, so this is what the checkpoint was trained behind.
    /// </summary>
    internal static double DefaultEmbeddingScale(int hiddenSize) =>
        TensorConversion.BFloat16ToFloat32(TensorConversion.Float32ToBFloat16((float)Math.Sqrt(hiddenSize)));

    /// <summary>What the names of a layer's weights begin with.</summary>
    /// <param name="layer">The layer.</param>
    internal string LayerPrefix(int layer) => $"{Prefix}layers.{layer}.";

    /// <summary>Looks up the scaled embeddings of ids, with an image's vectors in the place of its tokens.</summary>
    /// <param name="ids">The ids, at least one.</param>
    /// <param name="image">The image, or null.</param>
    /// <returns><c>[ids, hidden size]</c>.</returns>
    /// <exception cref="ArgumentException">There are no ids, one is outside the table, or the image does not fit the ids or the model.</exception>
    internal HostTensor Embed(int[] ids, ImageTokens? image)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Length == 0)
        {
            throw new ArgumentException("A text has at least one token.", nameof(ids));
        }

        if (image is not null)
        {
            CheckImage(ids, image);
        }

        int width = Configuration.HiddenSize;
        HostTensor hidden = HostTensor.Zeros(ids.Length, width);
        TensorShape row = new(width);
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0 || ids[i] >= Embedding.Shape[0])
            {
                throw new ArgumentException($"The id {ids[i]} is outside the embedding table (0 … {Embedding.Shape[0] - 1}); tokenizer and model do not belong together.", nameof(ids));
            }

            // Gathered before it is expanded: the whole table has 4 GB in fp32.
            Span<float> destination = hidden.Data.AsSpan(i * width, width);
            Embedding.Slice((long)ids[i] * width, row).CopyToFloat32(destination);
            foreach (ref float value in destination)
            {
                value *= _embeddingScale;
            }
        }

        image?.Vectors.Data.CopyTo(hidden.Data, image.Start * width);
        return hidden;
    }

    private static string FindPrefix(ITensorCollection tensors)
    {
        string[] found = [.. Prefixes.Where(p => tensors.Tensors.ContainsKey(p + "embed_tokens.weight"))];
        return found.Length == 1
            ? found[0]
            : throw new ModelFormatException(
                tensors.DisplayPath(),
                ModelFormatErrorKind.Other,
                $"{(found.Length == 0 ? "no" : "more than one")} token embedding was found; one of {string.Join(", ", Prefixes.Select(p => $"'{p}embed_tokens.weight'"))} is needed. Is this the Gemma 3 text encoder?");
    }

    private void Check()
    {
        List<string> problems = [];
        int hidden = Configuration.HiddenSize;
        if (Embedding.Shape.Rank != 2 || Embedding.Shape[1] != hidden || Embedding.Shape[0] < 1)
        {
            problems.Add($"'{Embedding.Name}' has the shape {Embedding.Shape}; [vocabulary, {hidden}] is needed.");
        }

        StreamedLayerWeights.CheckTensor(Tensors, Embedding.Name, Embedding.Shape, problems);
        StreamedLayerWeights.CheckTensor(Tensors, FinalNormName, new TensorShape(hidden), problems);
        for (int layer = 0; layer < Configuration.LayerCount; layer++)
        {
            StreamedLayerWeights.Check(Parts, Tensors, LayerPrefix(layer), problems);
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(Tensors.DisplayPath(), ModelFormatErrorKind.Other, problems);
        }
    }

    private void CheckImage(int[] ids, ImageTokens image)
    {
        TensorShape shape = image.Vectors.Shape;
        if (shape.Rank != 2 || shape[0] < 1 || shape[1] != Configuration.HiddenSize)
        {
            throw new ArgumentException($"The image's vectors have the shape {shape}; [tokens, {Configuration.HiddenSize}] is needed.", nameof(image));
        }

        if (image.Start < 0 || image.Start > ids.Length - image.Count)
        {
            throw new ArgumentException($"The image's {image.Count} tokens from {image.Start} on do not lie within the {ids.Length} ids.", nameof(image));
        }
    }
}
