using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Text;

[Collection(nameof(TextModelMemoryTests))]
[CollectionDefinition(nameof(TextModelMemoryTests), DisableParallelization = true)]
public sealed class TextModelMemoryTests(ITestOutputHelper output)
{
    private const long LayerBytes = 4L * 224_148_992;

    [Fact]
    public void A_layer_of_12B_has_the_published_number_of_weights()
    {
        Assert.Equal(LayerBytes, 4 * GemmaLayerGraph.Parts(TextModelFiles.Create12BWidth(1)).Sum(p => p.Shape.ElementCount));
    }

    [Fact]
    public void Peak_memory_of_a_12B_wide_model_stays_near_one_layer()
    {
        const int Layers = 3;
        GemmaConfiguration configuration = TextModelFiles.Create12BWidth(Layers);
        string path = Path.Combine(Path.GetTempPath(), $"ltx-text-{Guid.NewGuid():N}.safetensors");
        try
        {
            TextModelFiles.Write(path, configuration, TextModelFiles.OneActiveLayer);
            List<float> channel = [];
            long growth;
            using (SafetensorsFile file = SafetensorsFile.Open(path))
            using (GemmaTextModel model = new(configuration, file))
            using (PeakMemory memory = new())
            {
                model.Prefill([[7, 9, 7]], (_, _, state) => channel.AddRange([state.Data[5], state.Data[3840 + 5], state.Data[(2 * 3840) + 5]]));
                memory.Dispose();
                growth = memory.Growth;
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"one layer in fp32 {LayerBytes / 1e6:F0} MB, model in fp32 {Layers * LayerBytes / 1e6:F0} MB; private resident memory grew by {growth / 1e6:F0} MB at most; peak resident set of the process with mapped pages {PeakMemory.Read("VmHWM") / 1e6:F0} MB"));
            float step = MathF.Sqrt(3840);
            Assert.Equal(3 * (Layers + 1), channel.Count);
            Assert.Equal([0f, 0f, 0f, 0f, 0f, 0f], channel.Take(6));
            Assert.Equal(step, channel[6], 0.01f);
            Assert.Equal(-step, channel[7], 0.01f);
            Assert.Equal(step, channel[8], 0.01f);
            if (PeakMemory.IsAvailable)
            {
                Assert.InRange(growth, LayerBytes / 2, LayerBytes * 3 / 2);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void One_buffer_serves_every_layer()
    {
        using StreamedLayerWeights weights = new(GemmaLayerGraph.Parts(TextModelFiles.Create12BWidth(1)));

        Assert.InRange(weights.ByteLength, LayerBytes, LayerBytes + (13 * NativeBuffer.Alignment));
    }
}
