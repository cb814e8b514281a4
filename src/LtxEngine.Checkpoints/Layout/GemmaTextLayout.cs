using LtxEngine.Checkpoints.Gemma;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the Gemma 3 text model.</summary>
internal static class GemmaTextLayout
{
    private const string EmbeddingSuffix = "embed_tokens.weight";

    /// <summary>Finds the prefix of the text model: packagings differ, the embedding shows it.</summary>
    /// <param name="names">The stored names.</param>
    /// <returns>The prefix with its final dot, or null when there is no text model.</returns>
    public static string? FindPrefix(IEnumerable<string> names) => names
        .Where(name => name.EndsWith("." + EmbeddingSuffix, StringComparison.Ordinal) && !name.Contains("vision", StringComparison.Ordinal))
        .Select(name => name[..^EmbeddingSuffix.Length])
        .OrderBy(prefix => prefix.Length)
        .FirstOrDefault();

    /// <summary>Lists the text model's tensors.</summary>
    /// <param name="configuration">The model's configuration.</param>
    /// <param name="prefix">The prefix of the names, with its final dot.</param>
    public static IReadOnlyList<ExpectedTensor> List(GemmaConfiguration configuration, string prefix)
    {
        TensorListBuilder list = new(prefix);
        long hidden = configuration.HiddenSize;
        long head = configuration.HeadDimension;
        list.Tensor(EmbeddingSuffix, configuration.VocabularySize, hidden);
        for (int i = 0; i < configuration.LayerCount; i++)
        {
            string layer = $"layers.{i}.";
            list.Tensor($"{layer}self_attn.q_proj.weight", configuration.HeadCount * head, hidden);
            list.Tensor($"{layer}self_attn.k_proj.weight", configuration.KeyValueHeadCount * head, hidden);
            list.Tensor($"{layer}self_attn.v_proj.weight", configuration.KeyValueHeadCount * head, hidden);
            list.Tensor($"{layer}self_attn.o_proj.weight", hidden, configuration.HeadCount * head);
            list.Tensor($"{layer}self_attn.q_norm.weight", head);
            list.Tensor($"{layer}self_attn.k_norm.weight", head);
            list.Tensor($"{layer}mlp.gate_proj.weight", configuration.IntermediateSize, hidden);
            list.Tensor($"{layer}mlp.up_proj.weight", configuration.IntermediateSize, hidden);
            list.Tensor($"{layer}mlp.down_proj.weight", hidden, configuration.IntermediateSize);
            list.Tensor($"{layer}input_layernorm.weight", hidden);
            list.Tensor($"{layer}post_attention_layernorm.weight", hidden);
            list.Tensor($"{layer}pre_feedforward_layernorm.weight", hidden);
            list.Tensor($"{layer}post_feedforward_layernorm.weight", hidden);
        }

        list.Tensor("norm.weight", hidden);
        return list.Tensors;
    }
}
