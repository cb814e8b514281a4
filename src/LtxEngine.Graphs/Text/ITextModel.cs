using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text.Vision;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// A causal language model: hidden states of whole prompts for text conditioning, and decoding step by step for prompt expansion.
/// How its weights reach the processor is the implementation's business.
/// </summary>
internal interface ITextModel : IDisposable
{
    /// <summary>The sizes of the model.</summary>
    GemmaConfiguration Configuration { get; }

    /// <summary>The number of hidden states: one for the embeddings and one for each layer.</summary>
    int HiddenStateCount => Configuration.LayerCount + 1;

    /// <summary>
    /// Runs prompts and shows all their hidden states. The prompts advance together layer by layer, so the weights are read once for all.
    /// Only real tokens are run, at positions 0 … n − 1: pads never influence them, and RoPE sees differences of positions only.
    /// </summary>
    /// <param name="prompts">The ids of each prompt, at least one each.</param>
    /// <param name="observer">Is called for every prompt and state, states in ascending order.</param>
    /// <param name="progress">Receives the number of finished layers.</param>
    /// <param name="cancellationToken">Cancels within one operation of one layer.</param>
    /// <exception cref="ArgumentException">A prompt is empty or holds an id that the embedding table does not have.</exception>
    void Prefill(
        IReadOnlyList<int[]> prompts, HiddenStateObserver observer, IProgress<int>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Creates an empty cache for <see cref="Decode"/>.</summary>
    KeyValueCache CreateCache();

    /// <summary>Runs further tokens of one text and returns the logits of the token that follows the last of them.</summary>
    /// <param name="ids">The next ids of the text: all of a prompt at first, then one at a time.</param>
    /// <param name="cache">The text so far; extended by <paramref name="ids"/>.</param>
    /// <param name="image">An image that stands for some of <paramref name="ids"/>; null for none.</param>
    /// <param name="observer">Is called for every hidden state of <paramref name="ids"/>, as prompt 0; null to see none.</param>
    /// <param name="progress">Receives the number of finished layers.</param>
    /// <param name="cancellationToken">Cancels within one operation of one layer; the cache is then unusable.</param>
    /// <returns>One value per row of the embedding table, not normalised.</returns>
    /// <exception cref="ArgumentException">There are no ids, one is outside the embedding table, or the image does not fit the ids or the model.</exception>
    float[] Decode(
        int[] ids,
        KeyValueCache cache,
        ImageTokens? image = null,
        HiddenStateObserver? observer = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default);
}
