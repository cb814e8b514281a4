using LtxEngine.Graphs.Execution;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// Keeps the results of linear layers independent of the number of threads.
/// </summary>
/// <remarks>
/// ONNX Runtime's matrix product gives each thread a range of columns. A range of 64 columns or less makes it cut the summed axis into other
/// blocks, and so round differently. Wide models never come near that; a model so narrow that a thread's share could be gets fewer threads.
/// At 12B up to 25 threads are used.
/// </remarks>
internal static class TextGraphThreads
{
    // Ranges are multiples of 16 columns: the smallest above 64.
    private const int SmallestRange = 80;

    /// <summary>Limits the threads of a session.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="widths">Output widths of the graph's linear layers.</param>
    internal static GraphSessionOptions Limit(GraphSessionOptions options, params ReadOnlySpan<int> widths)
    {
        GraphRuntime.Start();
        int threads = options.ThreadCount ?? GraphRuntime.ThreadCount;
        foreach (int width in widths)
        {
            threads = Math.Min(threads, Math.Max(1, width / SmallestRange));
        }

        return threads == (options.ThreadCount ?? GraphRuntime.ThreadCount) ? options : options with { ThreadCount = threads };
    }
}
