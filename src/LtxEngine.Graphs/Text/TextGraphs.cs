using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Building;

namespace LtxEngine.Graphs.Text;

/// <summary>The graphs of the text side for viewers and other runtimes. Their weights are inputs named by the ends of their checkpoint keys.</summary>
internal static class TextGraphs
{
    /// <summary>Builds all of them.</summary>
    /// <param name="configuration">The text model.</param>
    /// <param name="checkpoint">The open LTX checkpoint.</param>
    /// <exception cref="ModelFormatException">The checkpoint's text side is incomplete.</exception>
    internal static IReadOnlyList<OnnxGraph> Build(GemmaConfiguration configuration, ITensorCollection checkpoint)
    {
        TextConditioningConfiguration conditioning = TextConditioningConfiguration.Read(checkpoint);
        List<OnnxGraph> graphs =
        [
            GemmaLayerGraph.Build(configuration),
            TextFeatureProjection.BuildGraph(),
            TextConnectorBlockGraph.Build(conditioning.Video, "text_video_connector_block"),
        ];
        if (conditioning.Audio is not null)
        {
            graphs.Add(TextConnectorBlockGraph.Build(conditioning.Audio, "text_audio_connector_block"));
        }

        return graphs;
    }
}
