using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Tests.Execution;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.VideoVae;

[Collection(RunsAlone.Name)]
public sealed class VideoVaeMemoryTests
{
    [Fact]
    public void Disposed_sessions_give_their_memory_back()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestCheckpoints.Model);
        HostTensor latent = TestTensors.Random(5, 1, 8, 2, 2, 2);
        for (int i = 0; i < 3; i++)
        {
            LoadAndDecode();
        }

        long before = ResidentBytes();
        for (int i = 0; i < 15; i++)
        {
            LoadAndDecode();
        }

        // One session holds at least 6 MB of weights; fifteen leaked ones could not hide.
        Assert.True(ResidentBytes() - before < 60_000_000, $"{(ResidentBytes() - before) >> 20} MB more");

        void LoadAndDecode()
        {
            using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
            decoder.Decode(latent);
        }

        static long ResidentBytes()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return Environment.WorkingSet;
        }
    }
}
