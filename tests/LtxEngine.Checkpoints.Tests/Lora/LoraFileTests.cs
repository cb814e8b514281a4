using LtxEngine.Checkpoints.Lora;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Lora;

public sealed class LoraFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Tiny(string name) => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name);

    [Theory]
    [InlineData("lora-camera.safetensors", 78, 0, false)]
    [InlineData("lora-camera-downup.safetensors", 78, 0, false)]
    [InlineData("lora-camera-alpha.safetensors", 78, 0, true)]
    [InlineData("lora-distilled.safetensors", 110, 2, false)]
    [InlineData("lora-distilled-diffusers.safetensors", 110, 0, false)]
    public void Every_target_of_a_genuine_file_exists_in_the_model(string name, int targets, int ignored, bool hasAlpha)
    {
        using LoraFile file = LoraFile.Open(Tiny(name));
        using SafetensorsFile model = SafetensorsFile.Open(Tiny("model.safetensors"));
        (IReadOnlyList<LoraTarget> matched, IReadOnlyList<string> unmatched) = file.Match(model);
        Assert.Equal((targets, 0), (matched.Count, unmatched.Count));
        Assert.Equal(ignored, file.IgnoredKeys.Count);
        Assert.All(matched, target => Assert.Equal(4, target.Rank));
        Assert.Equal(1, file.ReferenceDownscaleFactor);
        if (hasAlpha)
        {
            Assert.All(matched, target => Assert.Equal(target.Alpha is 2f ? 0.5f : 1.5f, target.Scale));
        }
        else
        {
            Assert.All(matched, target => Assert.Equal((null, 1f), (target.Alpha, target.Scale)));
        }
    }

    [Fact]
    public void Both_spellings_of_the_names_give_the_same_targets()
    {
        using LoraFile original = LoraFile.Open(Tiny("lora-distilled.safetensors"));
        using LoraFile diffusers = LoraFile.Open(Tiny("lora-distilled-diffusers.safetensors"));
        Assert.Equal(original.TransformerTargets.Select(target => target.Module), diffusers.TransformerTargets.Select(target => target.Module));
        Assert.Contains(original.Targets, target => target.Scope == LoraScope.TextProjection);
        Assert.All(original.IgnoredKeys, key => Assert.StartsWith("text_embedding_projection.", key, StringComparison.Ordinal));
    }

    [Fact]
    public void Layers_that_the_model_lacks_are_reported_and_other_models_refused()
    {
        using SafetensorsFile model = SafetensorsFile.Open(Tiny("model.safetensors"));
        string path = Write(
            ("diffusion_model.transformer_blocks.0.attn1.to_q.lora_A.weight", DataType.BFloat16, [2, 128]),
            ("diffusion_model.transformer_blocks.0.attn1.to_q.lora_B.weight", DataType.BFloat16, [128, 2]),
            ("diffusion_model.transformer_blocks.9.attn1.to_q.lora_A.weight", DataType.BFloat16, [2, 128]),
            ("diffusion_model.transformer_blocks.9.attn1.to_q.lora_B.weight", DataType.BFloat16, [128, 2]),
            ("diffusion_model.video_embeddings_connector.learnable.lora_A.weight", DataType.BFloat16, [2, 2]),
            ("lora_te_text_model.lora_down.weight", DataType.BFloat16, [2, 2]));
        using (LoraFile file = LoraFile.Open(path))
        {
            (IReadOnlyList<LoraTarget> matched, IReadOnlyList<string> unmatched) = file.Match(model);
            Assert.Equal("transformer_blocks.0.attn1.to_q", Assert.Single(matched).Module);
            Assert.Equal(["transformer_blocks.9.attn1.to_q"], unmatched);
            Assert.Equal(2, file.IgnoredKeys.Count);
        }

        path = Write(
            ("diffusion_model.transformer_blocks.0.attn1.to_q.lora_A.weight", DataType.BFloat16, [2, 64]),
            ("diffusion_model.transformer_blocks.0.attn1.to_q.lora_B.weight", DataType.BFloat16, [64, 2]));
        using (LoraFile file = LoraFile.Open(path))
        {
            Assert.Contains("made for another model", Assert.Throws<ModelFormatException>(() => file.Match(model)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void All_problems_come_in_one_error()
    {
        const string Block = "diffusion_model.transformer_blocks.0.attn1.";
        string path = Write(
            (Block + "to_q.lora_A.weight", DataType.BFloat16, [2, 128]),
            (Block + "to_k.lora_A.weight", DataType.BFloat16, [2, 128]),
            (Block + "to_k.lora_B.weight", DataType.BFloat16, [128, 3]),
            (Block + "to_v.lora_A.weight", DataType.Int64, [2, 128]),
            (Block + "to_v.lora_B.weight", DataType.BFloat16, [128, 2]),
            (Block + "to_out.0.lora_A.weight", DataType.BFloat16, [2, 128]),
            (Block + "to_out.0.lora_B.weight", DataType.BFloat16, [128, 2]),
            (Block + "to_out.0.alpha", DataType.Float32, [2]),
            ("transformer.transformer_blocks.0.attn1.to_q.lora_down.weight", DataType.BFloat16, [2, 128]),
            (Block + "to_q.dora_scale", DataType.Float32, [1]));
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => LoraFile.Open(path));
        Assert.Equal(6, exception.Problems.Count);
        Assert.Contains(exception.Problems, problem => problem.Contains("same matrix", StringComparison.Ordinal));
        Assert.Contains(exception.Problems, problem => problem.Contains("DoRA", StringComparison.Ordinal));
        Assert.Contains(exception.Problems, problem => problem.Contains("no up (lora_B) matrix", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_without_a_lora_is_refused() =>
        Assert.Equal(ModelFormatErrorKind.UnsupportedFormat, Assert.Throws<ModelFormatException>(() => LoraFile.Open(Tiny("vae-epsilon.safetensors"))).Kind);

    [Fact]
    public void Adding_and_taking_away_gives_the_weight_back()
    {
        using LoraFile file = LoraFile.Open(Tiny("lora-camera-alpha.safetensors"));
        LoraTarget target = file.TransformerTargets.First();
        float[] weight = [.. Enumerable.Range(0, target.OutputFeatures * target.InputFeatures).Select(i => MathF.Sin(i))];
        float[] changed = [.. weight];
        LoraFusion.Add(changed, target, 0.7f);
        Assert.True(weight.Zip(changed).Max(pair => MathF.Abs(pair.First - pair.Second)) > 1e-4f);
        LoraFusion.Add(changed, target, -0.7f);
        Assert.True(weight.Zip(changed).Max(pair => MathF.Abs(pair.First - pair.Second)) < 1e-6f);
        Assert.Throws<ArgumentException>(() => LoraFusion.Add(new float[3], target, 1));
    }

    private string Write(params (string Name, DataType DataType, long[] Shape)[] tensors)
    {
        string path = _folder["lora.safetensors"];
        using SafetensorsWriter writer = new(path, [.. tensors.Select(tensor => (tensor.Name, tensor.DataType, new TensorShape(tensor.Shape)))], overwrite: true);
        foreach ((_, DataType dataType, long[] shape) in tensors)
        {
            writer.Append(new byte[shape.Aggregate(1L, (product, dimension) => product * dimension) * dataType.SizeInBytes()]);
        }

        writer.Complete();
        return path;
    }
}
