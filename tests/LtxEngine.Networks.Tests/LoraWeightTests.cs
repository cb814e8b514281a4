using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>LoRAs on the weights and beside them; the reference cases prove the numbers of adding.</summary>
public sealed class LoraWeightTests
{
    private static string Tiny(string name) => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name);

    [Theory]
    [InlineData("model.safetensors", false)]
    [InlineData("model-fp8.safetensors", false)]
    [InlineData("model-fp8.safetensors", true)]
    [InlineData("model-fp4.safetensors", false)]
    public void LoRAs_beside_the_weights_agree_with_added_ones(string checkpoint, bool quantiseInputs)
    {
        // Inputs are not rounded where LoRAs are added: the added weights then agree only with unrounded ones.
        TransformerOptions options = new() { QuantiseInputs = quantiseInputs };
        (float[] Video, float[] Audio) plain = Result(checkpoint, options, applied: false, []);
        (float[] Video, float[] Audio) added = Result(checkpoint, options, applied: false, [("lora-distilled.safetensors", 0.7f), ("lora-camera-alpha.safetensors", -0.4f)]);
        (float[] Video, float[] Audio) beside = Result(checkpoint, options, applied: true, [("lora-distilled.safetensors", 0.7f), ("lora-camera-alpha.safetensors", -0.4f)]);

        Assert.InRange(RelativeError.Of(plain.Video, added.Video), 1e-2, 10);
        Assert.InRange(RelativeError.Of(plain.Audio, added.Audio), 1e-2, 10);
        double limit = quantiseInputs ? 5e-2 : 1e-4;
        Assert.InRange(RelativeError.Of(beside.Video, added.Video), 0, limit);
        Assert.InRange(RelativeError.Of(beside.Audio, added.Audio), 0, limit);
    }

    [Theory]
    [InlineData("lora-camera.safetensors", "lora-camera-downup.safetensors")]
    [InlineData("lora-distilled.safetensors", "lora-distilled-diffusers.safetensors")]
    public void Both_spellings_of_a_file_change_the_same(string original, string other)
    {
        (float[] Video, float[] Audio) expected = Result("model.safetensors", new TransformerOptions(), applied: false, [(original, 1)]);
        (float[] Video, float[] Audio) actual = Result("model.safetensors", new TransformerOptions(), applied: false, [(other, 1)]);
        Assert.Equal(expected.Video, actual.Video);
        Assert.Equal(expected.Audio, actual.Audio);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model-fp8.safetensors")]
    public void Rounded_weights_keep_the_memory_of_the_stored_ones(string checkpoint)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Tiny(checkpoint));
        using LoraFile lora = LoraFile.Open(Tiny("lora-distilled.safetensors"));
        using CpuComputeDevice device = new(1);
        long plain = Bytes([], roundDeltas: false);
        long single = Bytes([new LoraDelta(lora, 1)], roundDeltas: false);
        long rounded = Bytes([new LoraDelta(lora, 1)], roundDeltas: true);

        Assert.Equal(plain, rounded);
        Assert.True(single > 1.5 * plain, $"{single} bytes in fp32, {plain} as stored");

        long Bytes(IReadOnlyList<IWeightDelta> deltas, bool roundDeltas)
        {
            using AudioVideoTransformer transformer = Load(file, device, new TransformerOptions(), deltas, applied: false, new WeightCache(), roundDeltas);
            return device.AllocatedBytes;
        }
    }

    [Fact]
    public void Rounding_changes_the_result_by_bf16_steps_only()
    {
        (float[] Video, float[] Audio) single = Result("model.safetensors", new TransformerOptions(), applied: false, [("lora-camera.safetensors", 0.8f)]);
        (float[] Video, float[] Audio) rounded = Result("model.safetensors", new TransformerOptions(), applied: false, [("lora-camera.safetensors", 0.8f)], roundDeltas: true);
        Assert.InRange(RelativeError.Of(rounded.Video, single.Video), 1e-6, 2e-2);
        Assert.InRange(RelativeError.Of(rounded.Audio, single.Audio), 1e-6, 2e-2);
    }

    [Fact]
    public void Taking_a_LoRA_away_prepares_only_the_layers_that_it_touched()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Tiny("model.safetensors"));
        using LoraFile lora = LoraFile.Open(Tiny("lora-camera.safetensors"));
        using CpuComputeDevice inner = new(1);
        using ObservingDevice device = new(inner);
        WeightCache cache = new();
        AudioVideoTransformer changed = Load(file, device, new TransformerOptions(), [new LoraDelta(lora, 1)], applied: false, cache);
        int all = device.PreparedLinears;
        AudioVideoTransformer plain = Load(file, device, new TransformerOptions(), [], applied: false, cache);
        int again = device.PreparedLinears - all;
        changed.Dispose();
        using TransformerRun run = new(plain, 2, 3, 4, 7, 1);
        using TinyModel untouched = new(threads: 1);
        using TransformerRun expected = untouched.CreateRun();

        Assert.InRange(again, 1, all - 1);
        Assert.Equal(expected.Result().Video, run.Result().Video);
        plain.Dispose();
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Switching_LoRAs_beside_the_weights_prepares_no_weight_anew()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Tiny("model.safetensors"));
        using LoraFile lora = LoraFile.Open(Tiny("lora-camera.safetensors"));
        using CpuComputeDevice inner = new(1);
        using ObservingDevice device = new(inner);
        WeightCache cache = new();
        AudioVideoTransformer first = Load(file, device, new TransformerOptions(), [new LoraDelta(lora, 1)], applied: true, cache);
        long before = device.PreparedWeightValues;
        AudioVideoTransformer second = Load(file, device, new TransformerOptions(), [new LoraDelta(lora, 0.5f)], applied: true, cache);
        long prepared = device.PreparedWeightValues - before;
        long factors = lora.TransformerTargets.Sum(target => (long)target.Rank * (target.InputFeatures + target.OutputFeatures));

        Assert.Equal(factors, prepared);
        first.Dispose();
        second.Dispose();
        Assert.Equal((0, 0L), (cache.Count, device.AllocatedBytes));
    }

    [Fact]
    public void Passes_with_LoRAs_beside_the_weights_allocate_no_managed_memory_and_work_in_pieces()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Tiny("model.safetensors"));
        using LoraFile lora = LoraFile.Open(Tiny("lora-distilled.safetensors"));
        using CpuComputeDevice device = new(2);
        using AudioVideoTransformer whole = Load(file, device, new TransformerOptions(), [new LoraDelta(lora, 1)], applied: true, new WeightCache());
        using AudioVideoTransformer pieces = Load(file, device, new TransformerOptions { Limits = new NetworkLimits(1), Residency = WeightResidency.StreamedAhead(1) }, [new LoraDelta(lora, 1)], applied: true, new WeightCache());
        using TransformerRun expected = new(whole, 2, 3, 4, 7, 1);
        using TransformerRun actual = new(pieces, 2, 3, 4, 7, 1);
        expected.Forward();
        Assert.Equal(0, SteadyAllocation.Of(() => expected.Forward()));
        actual.Forward();
        Assert.InRange(RelativeError.Of(actual.VideoVelocity, expected.VideoVelocity), 0, 1e-5);
    }

    private static (float[] Video, float[] Audio) Result(string checkpoint, TransformerOptions options, bool applied, (string File, float Strength)[] loras, bool roundDeltas = false)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Tiny(checkpoint));
        using CpuComputeDevice device = new(2);
        LoraFile[] files = [.. loras.Select(lora => LoraFile.Open(Tiny(lora.File)))];
        try
        {
            IWeightDelta[] deltas = [.. files.Zip(loras, (open, lora) => new LoraDelta(open, lora.Strength))];
            using AudioVideoTransformer transformer = Load(file, device, options, deltas, applied, new WeightCache(), roundDeltas);
            using TransformerRun run = new(transformer, 2, 3, 4, 7, 1);
            return run.Result();
        }
        finally
        {
            Array.ForEach(files, open => open.Dispose());
        }
    }

    private static AudioVideoTransformer Load(
        SafetensorsFile file, Kernels.IComputeDevice device, TransformerOptions options, IReadOnlyList<IWeightDelta> deltas, bool applied, WeightCache cache, bool roundDeltas = false)
    {
        IWeightSource source = new CheckpointWeightSource(file, TransformerConfiguration.Prefix, device, applied ? [] : deltas, cache, options.QuantiseInputs, roundDeltas);
        return AudioVideoTransformer.Load(
            applied ? new AppliedWeightSource(source, deltas, cache) : source, TransformerStructure.From(TransformerConfiguration.Read(file)), options);
    }
}
