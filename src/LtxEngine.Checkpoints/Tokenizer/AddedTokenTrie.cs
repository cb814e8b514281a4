namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>The added tokens as a trie over UTF-8 bytes: finds the longest one that begins at a given place of the raw text.</summary>
internal sealed class AddedTokenTrie
{
    private readonly int[] _roots = new int[256];
    private readonly List<Node> _nodes = [default];

    /// <summary>Adds a token.</summary>
    /// <param name="content">Its UTF-8 bytes, at least one.</param>
    /// <param name="id">Its id.</param>
    internal void Add(ReadOnlySpan<byte> content, int id)
    {
        int node = _roots[content[0]];
        if (node == 0)
        {
            node = _roots[content[0]] = NewNode(content[0], 0);
        }

        foreach (byte value in content[1..])
        {
            int child = FindChild(node, value);
            if (child == 0)
            {
                child = NewNode(value, _nodes[node].FirstChild);
                _nodes[node] = _nodes[node] with { FirstChild = child };
            }

            node = child;
        }

        _nodes[node] = _nodes[node] with { Token = id + 1 };
    }

    /// <summary>The longest added token that <paramref name="text"/> begins with, or −1.</summary>
    /// <param name="text">UTF-8 bytes, at least one.</param>
    /// <param name="length">The token's length in bytes.</param>
    internal int Match(ReadOnlySpan<byte> text, out int length)
    {
        int token = 0;
        length = 0;
        int node = _roots[text[0]];
        for (int depth = 1; node != 0; depth++)
        {
            if (_nodes[node].Token != 0)
            {
                token = _nodes[node].Token;
                length = depth;
            }

            node = depth < text.Length ? FindChild(node, text[depth]) : 0;
        }

        return token - 1;
    }

    private int FindChild(int node, byte value)
    {
        int child = _nodes[node].FirstChild;
        while (child != 0 && _nodes[child].Value != value)
        {
            child = _nodes[child].NextSibling;
        }

        return child;
    }

    private int NewNode(byte value, int nextSibling)
    {
        _nodes.Add(new Node(value, 0, 0, nextSibling));
        return _nodes.Count - 1;
    }

    private readonly record struct Node(byte Value, int Token, int FirstChild, int NextSibling);
}
