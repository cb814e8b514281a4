using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Tests.VideoVae;
using LtxEngine.Testing;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Graphs.Tests;

public sealed class CheckpointGraphsTests
{
    [Fact]
    public void Every_exported_graph_loads_in_a_fresh_session_with_the_declared_inputs_and_outputs()
    {
        string folder = Directory.CreateTempSubdirectory("ltx-export-all-").FullName;
        try
        {
            string copy = Path.Combine(folder, "model.safetensors");
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"), copy);
            using SafetensorsFile checkpoint = SafetensorsFile.Open(copy);
            GemmaConfiguration gemma = GemmaConfiguration.Load(Path.Combine(RepositoryPaths.DemoModel, "gemma", "config.json"));
            GemmaVisionConfiguration vision = new(48, 80, 2, 4, ImageSize: 112, PatchSize: 14, 1e-6);
            IReadOnlyList<OnnxGraph> graphs = CheckpointGraphs.Build(checkpoint, gemma with { Vision = vision, TokensPerImage = 4 });
            Assert.Superset(
                new HashSet<string> { "video_vae_encoder", "video_vae_decoder", "audio_vae_decoder", "vocoder", "text_feature_projection", "video_text_connector_block", "gemma_layer", "gemma_vision_embedding", "gemma_vision_layer", "gemma_vision_projector" },
                graphs.Select(g => g.Name).ToHashSet(StringComparer.Ordinal));
            GraphRuntime.Start();
            foreach (OnnxGraph graph in graphs)
            {
                string path = GraphExporter.Export(graph, folder);
                using InferenceSession session = new(path);
                Assert.Equal(graph.Inputs.Select(i => i.Name), session.InputNames);
                Assert.Equal(graph.Outputs.Select(o => o.Name), session.OutputNames);
            }

            Assert.Equal(graphs.Count + 1, Directory.GetFiles(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_checkpoint_without_graph_components_is_refused()
    {
        using SafetensorsFile upscaler = SafetensorsFile.Open(Path.Combine(TestCheckpoints.Folder, "spatial-upscaler-x2.safetensors"));
        Assert.Contains("no component", Assert.Throws<ModelFormatException>(() => CheckpointGraphs.Build(upscaler)).Message, StringComparison.Ordinal);
    }
}
