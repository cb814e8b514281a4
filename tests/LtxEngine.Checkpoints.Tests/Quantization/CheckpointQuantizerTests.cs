using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Quantization;

public sealed class CheckpointQuantizerTests
{
    private static string Source => Path.Combine(RepositoryPaths.DemoModel, "model.safetensors");

    [Theory]
    [InlineData(nameof(WeightFormat.ScaledFloat8), 0.04)]
    [InlineData(nameof(WeightFormat.Nvfp4), 0.13)]
    public void Quantised_weights_are_close_and_everything_else_is_the_same(string formatName, double limit)
    {
        WeightFormat format = Enum.Parse<WeightFormat>(formatName);
        using TemporaryFolder folder = new();
        string path = folder["quantised.safetensors"];
        using SafetensorsFile source = SafetensorsFile.Open(Source);
        int layers = CheckpointQuantizer.Write(source, path, format, overwrite: false, progress: null, CancellationToken.None);
        using SafetensorsFile written = SafetensorsFile.Open(path);
        Assert.Equal(source.Metadata, written.Metadata);
        HashSet<string> names = QuantizedLayers.Find(source);
        Assert.Equal(names.Count, layers);
        Assert.True(layers >= 28);
        foreach ((string name, StoredTensor tensor) in source.Tensors)
        {
            if (!names.Contains(name))
            {
                Assert.Equal(tensor.DataType, written.Tensors[name].DataType);
                Assert.Equal(tensor.Shape, written.Tensors[name].Shape);
                Assert.True(tensor.Bytes.SequenceEqual(written.Tensors[name].Bytes));
                continue;
            }

            StoredWeight weight = StoredWeight.Find(written, name[..^".weight".Length]);
            Assert.Equal(format, weight.Format);
            Assert.Equal(tensor.Shape, weight.Shape);
            Assert.InRange(RelativeError(tensor.ToFloat32Array(), weight), 1e-3, limit);
        }
    }

    [Fact]
    public void The_published_layers_are_chosen()
    {
        using SafetensorsFile source = SafetensorsFile.Open(Source);
        HashSet<string> names = QuantizedLayers.Find(source);
        Assert.DoesNotContain(names, name => name.Contains("transformer_blocks.0.", StringComparison.Ordinal));
        Assert.Contains("model.diffusion_model.transformer_blocks.1.ff.net.0.proj.weight", names);
        Assert.All(names, name => Assert.Equal(2, source.Tensors[name].Shape.Rank));
        Assert.All(
            names.GroupBy(name => name.Split('.')[3], StringComparer.Ordinal),
            block => Assert.Equal(28, block.Count()));
    }

    [Fact]
    public void A_quantised_checkpoint_is_refused()
    {
        using TemporaryFolder folder = new();
        using (SafetensorsFile source = SafetensorsFile.Open(Source))
        {
            CheckpointQuantizer.Write(source, folder["a.safetensors"], WeightFormat.ScaledFloat8, overwrite: false, progress: null, CancellationToken.None);
        }

        using SafetensorsFile quantised = SafetensorsFile.Open(folder["a.safetensors"]);
        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => CheckpointQuantizer.Write(quantised, folder["b.safetensors"], WeightFormat.Nvfp4, overwrite: false, progress: null, CancellationToken.None));
        Assert.Contains("quantised already", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.FullPath));
    }

    [Fact]
    public void A_cancelled_copy_leaves_no_file()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile source = SafetensorsFile.Open(Source);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => CheckpointQuantizer.Write(source, folder["a.safetensors"], WeightFormat.ScaledFloat8, overwrite: false, progress: null, cancelled.Token));
        Assert.Empty(Directory.GetFiles(folder.FullPath));
    }

    private static double RelativeError(float[] expected, StoredWeight weight)
    {
        float[] actual = new float[expected.Length];
        weight.ToFloat32(actual);
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            magnitude += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(difference / magnitude);
    }
}
