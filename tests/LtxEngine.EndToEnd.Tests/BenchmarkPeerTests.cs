using System.Globalization;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>A peer that computes something else than the engine would make every ratio worthless.</summary>
public sealed class BenchmarkPeerTests
{
    [Fact]
    public async Task The_block_as_a_graph_computes_what_the_engine_computes()
    {
        const string Label = "relative error ";

        string output = await LtxProcess.CaptureAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "LtxEngine.Benchmarks.dll"), "block-check");

        Assert.StartsWith(Label, output, StringComparison.Ordinal);
        Assert.InRange(double.Parse(output.AsSpan(Label.Length), CultureInfo.InvariantCulture), 0, 1e-6);
    }
}
