using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Layout;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Pipeline;

namespace LtxEngine;

/// <summary>Writes the ONNX graphs of a model, for Netron and other runtimes.</summary>
public static class GraphExport
{
    /// <summary>
    /// Writes one <c>.onnx</c> file per network that runs as a graph, beside the checkpoint. The files hold no weights: they point into the
    /// checkpoint, so they are small and must stay beside it. The text model runs layer by layer: its graphs, written for a model folder only,
    /// take their weights as inputs.
    /// </summary>
    /// <param name="path">The model folder or a checkpoint file.</param>
    /// <param name="overwrite">Whether existing files may be replaced.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <returns>Full paths of the files.</returns>
    /// <exception cref="ModelFormatException">The checkpoint cannot be used.</exception>
    /// <exception cref="IOException">A file exists and must stay, or cannot be written.</exception>
    public static IReadOnlyList<string> Write(string path, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ModelFiles? files = Directory.Exists(path) ? ModelFiles.Read(path) : null;
        using LtxCheckpoint checkpoint = files is null ? LtxCheckpoint.Open(path) : LtxCheckpoint.Open(files.Checkpoint, path);
        List<string> written = [];
        foreach ((ModelComponents component, Func<OnnxGraph> build) in Graphs(checkpoint))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (checkpoint.Components.HasFlag(component))
            {
                written.Add(GraphExporter.Export(build(), folder: null, overwrite));
            }
        }

        if (files is not null)
        {
            // Their weights are inputs, so these graphs may lie anywhere; beside the others they are found.
            string folder = Path.GetDirectoryName(written.Count > 0 ? written[0] : Path.GetFullPath(files.Checkpoint))!;
            foreach (OnnxGraph graph in TextGraphs.Build(GemmaConfiguration.Load(Path.Combine(files.TextEncoder, "config.json")), checkpoint))
            {
                cancellationToken.ThrowIfCancellationRequested();
                written.Add(GraphExporter.Export(graph, folder, overwrite));
            }
        }

        return written;
    }

    private static IEnumerable<(ModelComponents Component, Func<OnnxGraph> Build)> Graphs(LtxCheckpoint checkpoint) =>
    [
        (ModelComponents.VideoVaeEncoder, () => VideoVaeGraphs.BuildEncoder(checkpoint, Checkpoints.Configuration.VideoVaeConfiguration.Read(checkpoint))),
        (ModelComponents.VideoVaeDecoder, () => VideoVaeGraphs.BuildDecoder(checkpoint, Checkpoints.Configuration.VideoVaeConfiguration.Read(checkpoint))),
        (ModelComponents.AudioVaeEncoder, () => AudioVaeEncoderGraph.Build(checkpoint)),
        (ModelComponents.AudioVaeDecoder, () => AudioVaeDecoderGraph.Build(checkpoint)),
        (ModelComponents.Vocoder, () => VocoderGraph.Build(checkpoint)),
    ];
}
