namespace LtxEngine.Graphs.Text;

/// <summary>The contexts of the prompts used last, at most a fixed number of them. Not thread-safe.</summary>
internal sealed class TextContextCache
{
    private readonly int _capacity;
    private readonly LinkedList<(string Prompt, TextContext Context)> _byUse = new();
    private readonly Dictionary<string, LinkedListNode<(string Prompt, TextContext Context)>> _byPrompt = new(StringComparer.Ordinal);

    /// <summary>Creates an empty cache.</summary>
    /// <param name="capacity">The most entries; 0 keeps nothing.</param>
    internal TextContextCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _capacity = capacity;
    }

    /// <summary>The number of entries.</summary>
    internal int Count => _byPrompt.Count;

    /// <summary>Looks a prompt up and marks it as used last.</summary>
    internal TextContext? Find(string prompt)
    {
        if (!_byPrompt.TryGetValue(prompt, out LinkedListNode<(string Prompt, TextContext Context)>? node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node.Value.Context;
    }

    /// <summary>Adds a prompt that is not there; the one used longest ago leaves when the cache is full.</summary>
    internal void Add(string prompt, TextContext context)
    {
        if (_capacity == 0)
        {
            return;
        }

        if (_byPrompt.Count == _capacity)
        {
            _byPrompt.Remove(_byUse.Last!.Value.Prompt);
            _byUse.RemoveLast();
        }

        _byPrompt.Add(prompt, _byUse.AddFirst((prompt, context)));
    }
}
