using LtxEngine.Graphs.Text;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>
/// Turns the prompts of a request into the contexts that the transformer attends to. Contexts of recent prompts are kept here rather than in
/// the network, which may be freed between requests.
/// </summary>
/// <param name="encoder">The network.</param>
internal sealed class PromptEncoder(NetworkSlot<TextEncoder> encoder)
{
    /// <summary>Kept prompts: a few negative prompts and the prompts of a batch. One of the 19B model takes 31 MB.</summary>
    private const int Capacity = 16;

    private readonly LinkedList<(string Prompt, EncodedPrompt Encoded)> _recent = new();

    /// <summary>Prompts that went through the network so far.</summary>
    public int Encoded { get; private set; }

    /// <summary>Encodes what the plan asks for; equal prompts once.</summary>
    /// <param name="plan">The prompts.</param>
    /// <param name="clock">Is told after every layer.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>The contexts.</returns>
    public EncodedPrompts Encode(GenerationPlan plan, RequestClock clock, CancellationToken cancellationToken)
    {
        string[] wanted = plan.NegativePrompt is null ? [plan.Prompt] : [plan.Prompt, plan.NegativePrompt];
        string[] missing = [.. wanted.Distinct(StringComparer.Ordinal).Where(p => Find(p) is null)];
        if (missing.Length > 0)
        {
            using NetworkUse<TextEncoder> use = encoder.Use(cancellationToken);
            IReadOnlyList<TextContext> contexts = use.Network.Encode(missing, clock.TextProgress(), cancellationToken);
            Encoded += missing.Length;
            for (int i = 0; i < missing.Length; i++)
            {
                _recent.AddFirst((missing[i], new EncodedPrompt(contexts[i].Video.Data, contexts[i].Audio?.Data ?? [])));
            }
        }

        EncodedPrompts prompts = new(Find(plan.Prompt)!, plan.NegativePrompt is null ? null : Find(plan.NegativePrompt));
        while (_recent.Count > Capacity)
        {
            _recent.RemoveLast();
        }

        return prompts;
    }

    private EncodedPrompt? Find(string prompt)
    {
        for (LinkedListNode<(string Prompt, EncodedPrompt Encoded)>? node = _recent.First; node is not null; node = node.Next)
        {
            if (string.Equals(node.Value.Prompt, prompt, StringComparison.Ordinal))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value.Encoded;
            }
        }

        return null;
    }
}
