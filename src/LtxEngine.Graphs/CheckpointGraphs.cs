using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Graphs.VideoVae;

namespace LtxEngine.Graphs;

/// <summary>Lists the graphs that a checkpoint gives, for export.</summary>
internal static class CheckpointGraphs
{
    /// <summary>
    /// Builds the graphs of every component that the checkpoint holds: video VAE, audio VAE, vocoder, text connectors; and of the text encoder.
    /// Text graphs are one layer each and take their weights as inputs; the others refer to the checkpoint's file.
    /// </summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="textEncoder">The text encoder's configuration; null to leave its layer graph out.</param>
    /// <exception cref="ModelFormatException">A component is there but incomplete, or none is there.</exception>
    public static ImmutableArray<OnnxGraph> Build(ITensorCollection checkpoint, GemmaConfiguration? textEncoder = null)
    {
        ImmutableArray<OnnxGraph>.Builder graphs = ImmutableArray.CreateBuilder<OnnxGraph>();
        if (Holds(VideoVaeConfiguration.EncoderPrefix) || Holds(VideoVaeConfiguration.DecoderPrefix))
        {
            VideoVaeConfiguration video = VideoVaeConfiguration.Read(checkpoint);
            if (video.HasEncoder)
            {
                graphs.Add(VideoVaeGraphs.BuildEncoder(checkpoint, video));
            }

            if (video.HasDecoder)
            {
                graphs.Add(VideoVaeGraphs.BuildDecoder(checkpoint, video));
            }
        }

        if (Holds(AudioVaeConfiguration.EncoderPrefix))
        {
            graphs.Add(AudioVaeEncoderGraph.Build(checkpoint));
        }

        if (Holds(AudioVaeConfiguration.DecoderPrefix))
        {
            graphs.Add(AudioVaeDecoderGraph.Build(checkpoint));
        }

        if (Holds(VocoderConfiguration.Prefix))
        {
            graphs.Add(VocoderGraph.Build(checkpoint));
        }

        if (Holds(TextConditioningConfiguration.VideoPrefix))
        {
            TextConditioningConfiguration conditioning = TextConditioningConfiguration.Read(checkpoint);
            graphs.Add(TextFeatureProjection.BuildGraph());
            graphs.Add(TextConnectorBlockGraph.Build(conditioning.Video, "video_text_connector_block"));
            if (conditioning.Audio is TextConnectorConfiguration audio)
            {
                graphs.Add(TextConnectorBlockGraph.Build(audio, "audio_text_connector_block"));
            }
        }

        if (textEncoder is not null)
        {
            graphs.Add(GemmaLayerGraph.Build(textEncoder));
            if (textEncoder.Vision is GemmaVisionConfiguration vision)
            {
                graphs.Add(GemmaVisionGraphs.BuildEmbedding(vision));
                graphs.Add(GemmaVisionGraphs.BuildLayer(vision));
                graphs.Add(GemmaVisionGraphs.BuildProjector(textEncoder));
            }
        }

        if (graphs.Count == 0)
        {
            throw new ModelFormatException(
                checkpoint.DisplayPath(),
                ModelFormatErrorKind.InvalidTensors,
                "The file holds no component that runs as a graph (video VAE, audio VAE, vocoder, text connectors).");
        }

        return graphs.ToImmutable();

        bool Holds(string prefix) => checkpoint.Tensors.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal));
    }
}
