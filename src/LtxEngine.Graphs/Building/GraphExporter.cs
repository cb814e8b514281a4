namespace LtxEngine.Graphs.Building;

/// <summary>Writes graphs as <c>.onnx</c> files beside the checkpoint that holds their weights, for viewers and other runtimes.</summary>
internal static class GraphExporter
{
    /// <summary>
    /// Writes one graph as <c>&lt;name&gt;.onnx</c>. The file refers to the weights by file name, so it must stay in their folder.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="folder">The folder; null for the folder of the weights. A graph without external weights may go anywhere.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <returns>The path of the written file.</returns>
    /// <exception cref="ArgumentException">The folder is not the one that holds the weights, or none is known.</exception>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static string Export(OnnxGraph graph, string? folder = null, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(graph);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(
            folder ?? graph.WeightsFolder ?? throw new ArgumentException($"The graph {graph.Name} has no weights file: name a folder.", nameof(folder))));
        if (graph.WeightsFolder is not null && !string.Equals(target, Path.TrimEndingDirectorySeparator(graph.WeightsFolder), StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The graph {graph.Name} refers to weights in {graph.WeightsFolder} and must be written there, not to {target}.", nameof(folder));
        }

        string path = Path.Combine(target, $"{graph.Name}.onnx");
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, graph.Model);
            File.Move(temporary, path, overwrite);
        }
        finally
        {
            File.Delete(temporary);
        }

        return path;
    }
}
