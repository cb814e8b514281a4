using LtxEngine.Checkpoints;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>Products whose inputs are rounded to fp8; the reference cases prove the numbers.</summary>
public sealed class QuantisedInputTests
{
    [Fact]
    public void Stored_input_scales_are_used_only_when_asked_for()
    {
        (float[] Video, float[] Audio) weightOnly = Result(new TransformerOptions());
        (float[] Video, float[] Audio) quantised = Result(new TransformerOptions { QuantiseInputs = true });
        Assert.InRange(RelativeError.Of(weightOnly.Video, quantised.Video), 1e-3, 5e-2);
        Assert.InRange(RelativeError.Of(weightOnly.Audio, quantised.Audio), 1e-3, 5e-2);
    }

    [Fact]
    public void A_checkpoint_without_input_scales_gives_the_same_result_bit_for_bit()
    {
        (float[] Video, float[] Audio) plain = Result(new TransformerOptions(), TinyModel.CheckpointPath);
        (float[] Video, float[] Audio) asked = Result(new TransformerOptions { QuantiseInputs = true }, TinyModel.CheckpointPath);
        Assert.Equal(plain.Video, asked.Video);
        Assert.Equal(plain.Audio, asked.Audio);
    }

    [Fact]
    public void Streamed_blocks_give_the_resident_result_bit_for_bit()
    {
        (float[] Video, float[] Audio) resident = Result(new TransformerOptions { QuantiseInputs = true });
        (float[] Video, float[] Audio) streamed = Result(new TransformerOptions { QuantiseInputs = true, Residency = WeightResidency.StreamedAhead(1) });
        Assert.Equal(resident.Video, streamed.Video);
        Assert.Equal(resident.Audio, streamed.Audio);
    }

    [Fact]
    public void Later_forward_passes_allocate_no_managed_memory()
    {
        using TinyModel model = new(options: new TransformerOptions { QuantiseInputs = true }, checkpoint: TinyModel.Float8CheckpointPath);
        using TransformerRun run = model.CreateRun();
        Assert.Equal(0, SteadyAllocation.Of(() => run.Forward()));
    }

    [Fact]
    public void Disposal_gives_all_device_memory_back()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModel.Float8CheckpointPath);
        using CpuComputeDevice device = new(2);
        AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device, new TransformerOptions { QuantiseInputs = true });
        TransformerRun run = new(transformer, 2, 3, 4, 7, 1);
        run.Forward();
        run.Dispose();
        transformer.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
    }

    [Theory]
    [InlineData("model-fp8.safetensors")]
    [InlineData("model-fp4.safetensors")]
    public void Quantised_weights_take_no_more_device_memory_than_bf16(string name)
    {
        using TinyModel plain = new();
        using TinyModel quantised = new(checkpoint: Path.Combine(Path.GetDirectoryName(TinyModel.CheckpointPath)!, name));
        Assert.InRange(quantised.Device.AllocatedBytes, 1, plain.Device.AllocatedBytes);
    }

    private static (float[] Video, float[] Audio) Result(TransformerOptions options, string? checkpoint = null)
    {
        using TinyModel model = new(options: options, checkpoint: checkpoint ?? TinyModel.Float8CheckpointPath);
        using TransformerRun run = model.CreateRun();
        return run.Result();
    }
}
