using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Upsampling;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>Behaviour of the upsamplers beside their numbers, which the reference cases prove.</summary>
public sealed class LatentUpsamplerTests
{
    private const string Spatial = "spatial-upscaler-x2.safetensors";
    private const string Rational = "spatial-upscaler-x1_5.safetensors";
    private const string Temporal = "temporal-upscaler-x2.safetensors";

    [Theory]
    [InlineData(Spatial, 3, 10, 14)]
    [InlineData(Rational, 3, 8, 11)]
    [InlineData(Temporal, 5, 5, 7)]
    public void Result_has_the_announced_shape_and_does_not_depend_on_threads(string name, int frames, int height, int width)
    {
        HostTensor? first = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using SafetensorsFile file = Open(name);
            using CpuComputeDevice device = new(threads);
            using LatentUpsampler upsampler = LatentUpsampler.Load(file, device);
            Assert.Equal(new VolumeShape(frames, height, width), upsampler.OutputShape(new VolumeShape(3, 5, 7)));
            HostTensor result = upsampler.Upsample(Latent(upsampler, 3, 5, 7));
            Assert.Equal(new TensorShape(1, upsampler.Configuration.LatentChannels, frames, height, width), result.Shape);
            first ??= result;
            Assert.Equal(first.Data, result.Data);
        }
    }

    [Fact]
    public void Disposal_gives_all_device_memory_back()
    {
        using SafetensorsFile file = Open(Spatial);
        using CpuComputeDevice device = new(2);
        LatentUpsampler upsampler = LatentUpsampler.Load(file, device);
        long weights = device.AllocatedBytes;
        HostTensor latent = Latent(upsampler, 2, 3, 3);
        upsampler.Upsample(latent);
        Assert.Equal(weights, device.AllocatedBytes);
        upsampler.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Throws<ObjectDisposedException>(() => upsampler.Upsample(latent));
    }

    [Fact]
    public void Progress_counts_every_step_and_cancellation_frees_the_memory()
    {
        using SafetensorsFile file = Open(Temporal);
        using CpuComputeDevice device = new(1);
        using LatentUpsampler upsampler = LatentUpsampler.Load(file, device);
        HostTensor latent = Latent(upsampler, 2, 3, 3);
        List<int> steps = [];
        upsampler.Upsample(latent, progress: steps.Add);
        Assert.Equal(Enumerable.Range(1, upsampler.Steps), steps);
        long weights = device.AllocatedBytes;
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(() => upsampler.Upsample(latent, progress: _ => source.Cancel(), cancellationToken: source.Token));
        Assert.Equal(weights, device.AllocatedBytes);
    }

    [Fact]
    public void Statistics_wrap_the_network()
    {
        using SafetensorsFile file = Open(Spatial);
        using CpuComputeDevice device = new(2);
        using LatentUpsampler upsampler = LatentUpsampler.Load(file, device);
        int channels = upsampler.Configuration.LatentChannels;
        LatentStatistics statistics = new(TinyModel.Random(channels, 5), [.. TinyModel.Random(channels, 6).Select(v => v + 2)]);
        HostTensor latent = Latent(upsampler, 2, 3, 4);
        HostTensor raw = new(latent.Shape, [.. latent.Data.Select((v, i) => (v * statistics.Deviation[i / 24]) + statistics.Mean[i / 24])]);
        float[] expected = [.. upsampler.Upsample(raw).Data.Select((v, i) => (v - statistics.Mean[i / 96]) / statistics.Deviation[i / 96])];
        Assert.Equal(expected, upsampler.UpsampleVideo(latent, statistics).Data);
        Assert.Throws<ArgumentException>(() => upsampler.UpsampleVideo(latent, new LatentStatistics([0], [1])));
    }

    [Fact]
    public void Latents_of_another_shape_are_refused()
    {
        using SafetensorsFile file = Open(Spatial);
        using CpuComputeDevice device = new(1);
        using LatentUpsampler upsampler = LatentUpsampler.Load(file, device);
        int channels = upsampler.Configuration.LatentChannels;
        Assert.Throws<ArgumentException>(() => upsampler.Upsample(HostTensor.Zeros(1, channels + 1, 1, 2, 2)));
        Assert.Throws<ArgumentException>(() => upsampler.Upsample(HostTensor.Zeros(2, channels, 1, 2, 2)));
        Assert.Throws<ArgumentException>(() => upsampler.Upsample(HostTensor.Zeros(1, channels, 0, 2, 2)));
    }

    [Fact]
    public void Every_missing_tensor_is_listed()
    {
        using SafetensorsFile whole = Open(Rational);
        string[] removed = ["initial_norm.bias", "res_blocks.0.conv2.weight", "upsampler.blur_down.kernel", "final_conv.bias"];
        using CpuComputeDevice device = new(1);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => LatentUpsampler.Load(new FilteredTensors(whole, removed), device));
        Assert.All(removed, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
        Assert.Equal(0, device.AllocatedBytes);
    }

    [Fact]
    public void A_checkpoint_without_statistics_is_refused()
    {
        using SafetensorsFile file = Open(Spatial);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => LatentStatistics.Read(file));
        Assert.Equal(2, error.Problems.Count);
    }

    private static SafetensorsFile Open(string name) =>
        SafetensorsFile.Open(Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name));

    private static HostTensor Latent(LatentUpsampler upsampler, int frames, int height, int width)
    {
        int channels = upsampler.Configuration.LatentChannels;
        return new HostTensor(new TensorShape(1, channels, frames, height, width), TinyModel.Random(channels * frames * height * width, 9));
    }
}
