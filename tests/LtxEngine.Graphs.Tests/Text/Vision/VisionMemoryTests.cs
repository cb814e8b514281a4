using System.Diagnostics;
using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Text.Vision;

[Collection(nameof(TextModelMemoryTests))]
public sealed class VisionMemoryTests(ITestOutputHelper output)
{
    [Fact]
    public void A_layer_of_the_published_size_never_holds_the_scores_of_all_heads()
    {
        const int Layers = 1;
        GemmaConfiguration configuration = TextModelFiles.Create12BWidth(1) with
        {
            Vision = new GemmaVisionConfiguration(1152, 4304, Layers, 16, ImageSize: 896, PatchSize: 14, 1e-6),
        };
        string folder = Directory.CreateTempSubdirectory("ltx-vision-").FullName;
        try
        {
            using SafetensorsFile file = VisionModelFiles.Write(folder, configuration, "vision_tower.vision_model.", "multi_modal_projector.");
            using GemmaVisionTower tower = new(configuration, file);
            HostTensor pixels = VisionModelFiles.Random(new TensorShape(3, 896, 896), seed: 1, scale: 1);
            Stopwatch clock = Stopwatch.StartNew();
            long growth;
            ImageEncoding encoding;
            using (PeakMemory memory = new())
            {
                encoding = tower.Encode(pixels);
                memory.Dispose();
                growth = memory.Growth;
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"private resident memory grew by {growth / 1e6:F0} MB, {clock.Elapsed.TotalSeconds:F1} s for {Layers} layer"));
            Assert.Equal(new TensorShape(256, 3840), encoding.Tokens.Shape);
            Assert.All(encoding.Tokens.Data, v => Assert.True(float.IsFinite(v)));

            // All heads' scores would be 16 · 4096² floats, 1.07 GB.
            Assert.True(growth < 700_000_000, $"Memory grew by {growth} bytes.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
