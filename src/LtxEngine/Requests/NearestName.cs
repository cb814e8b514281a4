namespace LtxEngine.Requests;

/// <summary>Finds what somebody who mistyped a name may have meant.</summary>
internal static class NearestName
{
    /// <summary>Longer names are nobody's typing errors; comparing them would only cost time.</summary>
    private const int LongestName = 64;

    /// <summary>The name with the fewest changed, added, dropped or exchanged letters.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that exist.</param>
    /// <returns>The nearest name; null where none is near (more than a third of the letters differ).</returns>
    public static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        string normal = name.ToLowerInvariant().Replace('-', '_');
        (string? nearest, int distance) = known.Select(k => ((string?)k, Distance(normal, k))).MinBy(k => k.Item2);
        return nearest is not null && distance * 3 <= Math.Max(nearest.Length, name.Length) ? nearest : null;
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] previous = [.. Enumerable.Range(0, b.Length + 1)];
        foreach (char letter in a)
        {
            int[] row = new int[b.Length + 1];
            row[0] = previous[0] + 1;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = previous[j - 1] + (letter == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(substituted, Math.Min(previous[j], row[j - 1]) + 1);
            }

            previous = row;
        }

        return previous[b.Length];
    }
}
