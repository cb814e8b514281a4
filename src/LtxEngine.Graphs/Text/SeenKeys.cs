using LtxEngine.Graphs.Text.Vision;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// The keys that each token of a text sees: query q (at position past + q) the keys p with <c>p ≤ past + q</c> or, both within the image, any p;
/// and with <c>past + q − p &lt; window</c>. For every query that is one range.
/// </summary>
/// <param name="First">The first key of each query.</param>
/// <param name="End">The key behind the last of each query.</param>
internal sealed record SeenKeys(int[] First, int[] End)
{
    /// <summary>Finds the ranges.</summary>
    /// <param name="tokens">The number of queries.</param>
    /// <param name="past">Tokens before them.</param>
    /// <param name="window">The sliding window; <see cref="int.MaxValue"/> for none.</param>
    /// <param name="image">The image among the queries, or null.</param>
    internal static SeenKeys Create(int tokens, int past, int window, ImageTokens? image)
    {
        int[] first = new int[tokens];
        int[] end = new int[tokens];
        for (int query = 0; query < tokens; query++)
        {
            first[query] = Math.Max(0, past + query - window + 1);
            end[query] = image?.Contains(query) == true ? past + image.Start + image.Count : past + query + 1;
        }

        return new SeenKeys(first, end);
    }
}
