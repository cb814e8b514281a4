namespace LtxEngine.Benchmarks;

/// <summary>Which cases run: those of five minutes, or all.</summary>
internal static class BenchmarkSelection
{
    /// <summary>Whether the long cases run too (<c>--full</c>).</summary>
    public static bool IsFull { get; set; }
}
