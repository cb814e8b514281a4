namespace LtxEngine.Testing;

/// <summary>Few rows in which every two values of different factors meet at least once.</summary>
public static class PairwiseRows
{
    /// <summary>Makes the rows greedily: each next row is the one among all combinations that covers most of the pairs that are still missing.</summary>
    /// <param name="levels">Number of values of each factor.</param>
    /// <returns>Rows of one value index for each factor.</returns>
    public static IReadOnlyList<int[]> Create(params int[] levels)
    {
        HashSet<(int Factor, int Value, int OtherFactor, int OtherValue)> missing = [.. Pairs(levels)];
        List<int[]> combinations = [[]];
        foreach (int level in levels)
        {
            combinations = [.. combinations.SelectMany(row => Enumerable.Range(0, level).Select(value => (int[])[.. row, value]))];
        }

        List<int[]> rows = [];
        while (missing.Count > 0)
        {
            int[] best = combinations.MaxBy(row => PairsOf(row).Count(missing.Contains))!;
            missing.ExceptWith(PairsOf(best));
            rows.Add(best);
        }

        return rows;
    }

    private static IEnumerable<(int Factor, int Value, int OtherFactor, int OtherValue)> Pairs(int[] levels) =>
        from factor in Enumerable.Range(0, levels.Length)
        from other in Enumerable.Range(factor + 1, levels.Length - factor - 1)
        from value in Enumerable.Range(0, levels[factor])
        from otherValue in Enumerable.Range(0, levels[other])
        select (factor, value, other, otherValue);

    private static IEnumerable<(int Factor, int Value, int OtherFactor, int OtherValue)> PairsOf(int[] row) =>
        from factor in Enumerable.Range(0, row.Length)
        from other in Enumerable.Range(factor + 1, row.Length - factor - 1)
        select (factor, row[factor], other, row[other]);
}
