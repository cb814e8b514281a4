using LtxEngine.Checkpoints;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Tests;

/// <summary>Synthetic checkpoints have the tensors and configuration of real ones and compute finite numbers.</summary>
public sealed class SyntheticModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ltx-synth-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_full_size_has_the_shapes_of_the_19B_model_and_a_sparse_file_takes_no_room()
    {
        string path = Path.Combine(_folder.FullName, "full.safetensors");

        long bytes = SyntheticModel.Write(path, SyntheticModelSize.Full, layers: 2, sparse: true);

        Assert.Equal(bytes, new FileInfo(path).Length);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TransformerStructure structure = TransformerStructure.From(LtxEngine.Checkpoints.Configuration.TransformerConfiguration.Read(file));
        Assert.Equal((2, 4096, 2048, 16384, 3840), (structure.Layers, structure.Video.Width, structure.Audio!.Width, structure.Video.HiddenWidth, structure.Video.ContextWidth));
        long block = file.Tensors.Values.Where(t => t.Name.Contains("transformer_blocks.1.", StringComparison.Ordinal)).Sum(t => t.ByteLength);
        Assert.InRange(block, 771_000_000, 773_000_000);
        Assert.Equal(54 + (2 * 72), file.Tensors.Count);
    }

    [Fact]
    public void Random_weights_are_the_same_every_time_and_keep_a_forward_pass_finite()
    {
        string first = Path.Combine(_folder.FullName, "first.safetensors");
        string second = Path.Combine(_folder.FullName, "second.safetensors");
        SyntheticModel.Write(first, SyntheticModelSize.Demo, layers: 3);
        SyntheticModel.Write(second, SyntheticModelSize.Demo, layers: 3);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

        using SafetensorsFile file = SafetensorsFile.Open(first);
        using CpuComputeDevice device = new(2);
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device);
        TransformerStructure structure = transformer.Structure;
        using TextConditioning text = transformer.PrepareText(Ones(8 * structure.Video.ContextWidth), Ones(8 * structure.Audio!.ContextWidth));
        using TransformerWorkspace workspace = transformer.CreateWorkspace(12, new float[72], 3, new float[6]);
        float[] video = new float[12 * structure.Video.OutChannels];
        float[] audio = new float[3 * structure.Audio.OutChannels];
        transformer.Forward(
            workspace,
            new TransformerInputs
            {
                VideoLatent = Ones(12 * structure.Video.InChannels),
                VideoTimesteps = Ones(12),
                AudioLatent = Ones(3 * structure.Audio.InChannels),
                AudioTimesteps = Ones(3),
                Text = text,
            },
            video,
            audio);
        Assert.All(video.Concat(audio), value => Assert.InRange(MathF.Abs(value), 0, 1000));
        Assert.True(video.Any(value => value != 0) && audio.Any(value => value != 0));
    }

    [Fact]
    public void An_existing_file_stays_and_a_number_of_layers_out_of_range_is_refused()
    {
        string path = Path.Combine(_folder.FullName, "model.safetensors");
        File.WriteAllText(path, "mine");
        Assert.Throws<IOException>(() => SyntheticModel.Write(path, SyntheticModelSize.Demo, layers: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticModel.Write(path, SyntheticModelSize.Demo, layers: 0, overwrite: true));
        Assert.Equal("mine", File.ReadAllText(path));
    }

    private static float[] Ones(int count)
    {
        float[] values = new float[count];
        Array.Fill(values, 0.5f);
        return values;
    }
}
