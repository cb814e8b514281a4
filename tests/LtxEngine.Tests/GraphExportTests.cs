using LtxEngine.Graphs.Execution;
using LtxEngine.Testing;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Tests;

public sealed class GraphExportTests
{
    [Fact]
    public void Every_exported_file_loads_in_a_fresh_session_with_the_weights_of_the_checkpoint_beside_it()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-export-");
        try
        {
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"), Path.Combine(folder.FullName, "model.safetensors"));
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "ltx-model.json"), Path.Combine(folder.FullName, "ltx-model.json"));
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "spatial-upscaler-x2.safetensors"), Path.Combine(folder.FullName, "spatial-upscaler-x2.safetensors"));
            DirectoryInfo gemma = folder.CreateSubdirectory("gemma");
            foreach (string file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.DemoModel, "gemma")))
            {
                File.Copy(file, Path.Combine(gemma.FullName, Path.GetFileName(file)));
            }

            IReadOnlyList<string> written = GraphExport.Write(folder.FullName);

            Assert.Equal(9, written.Count);
            // Whoever is first sets up the process for the tests that run beside this one.
            GraphRuntime.Start();
            foreach (string file in written)
            {
                using InferenceSession session = new(file);
                Assert.NotEmpty(session.OutputMetadata);
            }

            Assert.Throws<IOException>(() => GraphExport.Write(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
