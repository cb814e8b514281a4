using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Tests.Execution;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;
using LtxEngine.Testing;

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

        long before = ResidentMemory.Settled(() => Environment.WorkingSet);
        for (int i = 0; i < 15; i++)
        {
            LoadAndDecode();
        }

        // One session holds at least 6 MB of weights; fifteen leaked ones could not hide.
        long growth = ResidentMemory.Settled(() => Environment.WorkingSet) - before;
        Assert.True(growth < 60_000_000, $"{growth >> 20} MB more");

        void LoadAndDecode()
        {
            using VideoVaeDecoder decoder = VideoVaeDecoder.Load(file);
            decoder.Decode(latent);
        }
    }
}
