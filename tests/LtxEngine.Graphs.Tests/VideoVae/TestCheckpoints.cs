using LtxEngine.Testing;

namespace LtxEngine.Graphs.Tests.VideoVae;

/// <summary>The small checkpoints of the reference cases.</summary>
internal static class TestCheckpoints
{
    public static string Folder => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny");

    public static string Model => Path.Combine(Folder, "model.safetensors");

    public static string Conditioned => Path.Combine(Folder, "vae-conditioned.safetensors");
}
