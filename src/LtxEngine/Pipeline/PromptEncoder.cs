using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Turns the prompts of a request into the contexts that the transformer attends to. Contexts of recent prompts are kept.</summary>
/// <param name="encode">Encodes prompts that are not kept, in order.</param>
internal sealed class PromptEncoder(Func<IReadOnlyList<string>, CancellationToken, IReadOnlyList<EncodedPrompt>> encode)
{
    /// <summary>Kept prompts: a few negative prompts and the prompts of a batch. One of the 19B model takes 31 MB.</summary>
    private const int Capacity = 16;

    private readonly LinkedList<(string Prompt, EncodedPrompt Encoded)> _recent = new();

    /// <summary>Encodes what the plan asks for; equal prompts once.</summary>
    /// <param name="plan">The prompts.</param>
    /// <param name="cancellationToken">Stops between two operations.</param>
    /// <returns>The contexts.</returns>
    public EncodedPrompts Encode(GenerationPlan plan, CancellationToken cancellationToken)
    {
        string[] wanted = plan.NegativePrompt is null ? [plan.Prompt] : [plan.Prompt, plan.NegativePrompt];
        string[] missing = [.. wanted.Distinct(StringComparer.Ordinal).Where(p => Find(p) is null)];
        if (missing.Length > 0)
        {
            IReadOnlyList<EncodedPrompt> encoded = encode(missing, cancellationToken);
            for (int i = 0; i < missing.Length; i++)
            {
                _recent.AddFirst((missing[i], encoded[i]));
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
