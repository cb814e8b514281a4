using System.Text.Json;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>The tensors of the full-size model (transformer.md §7, §8, and the list of the real checkpoint).</summary>
public sealed class TransformerStructureTests
{
    private static readonly TransformerStructure FullSize = new()
    {
        Layers = 48,
        Video = new StreamStructure(4096, 32, 128, 128, 3840, 16384, 256, [20, 2048, 2048]),
        Audio = new StreamStructure(2048, 32, 128, 128, 3840, 8192, 256, [20]),
        CrossWidth = 2048,
        CrossHeads = 32,
        Epsilon = 1e-6f,
        TimestepMultiplier = 1000,
        GateTimestepMultiplier = 1000,
        RotaryTheta = 10000,
        RotaryLayout = RotaryLayout.Split,
        DoublePrecisionRotaryGrid = true,
    };

    [Theory]
    [InlineData("transformer_blocks.0.", 72, 386_074_624)]
    [InlineData("transformer_blocks.47.attn1.", 10, 67_133_440)]
    [InlineData("transformer_blocks.47.attn2.", 10, 67_133_440)]
    [InlineData("transformer_blocks.1.ff.", 4, 134_238_208)]
    [InlineData("transformer_blocks.1.audio_attn1.", 10, 16_789_504)]
    [InlineData("transformer_blocks.1.audio_attn2.", 10, 16_789_504)]
    [InlineData("transformer_blocks.1.audio_ff.", 4, 33_564_672)]
    [InlineData("transformer_blocks.1.audio_to_video_attn.", 10, 25_180_160)]
    [InlineData("transformer_blocks.1.video_to_audio_attn.", 10, 25_178_112)]
    [InlineData("transformer_blocks.", 3456, 18_531_581_952)]
    [InlineData("adaln_single.", 6, 118_521_856)]
    [InlineData("audio_adaln_single.", 6, 29_900_800)]
    [InlineData("av_ca_video_scale_shift_adaln_single.", 6, 84_959_232)]
    [InlineData("av_ca_a2v_gate_adaln_single.", 6, 34_615_296)]
    [InlineData("av_ca_audio_scale_shift_adaln_single.", 6, 21_508_096)]
    [InlineData("av_ca_v2a_gate_adaln_single.", 6, 8_919_040)]
    [InlineData("caption_projection.", 4, 32_514_048)]
    [InlineData("audio_caption_projection.", 4, 12_062_720)]
    [InlineData("patchify_proj.", 2, 528_384)]
    [InlineData("audio_patchify_proj.", 2, 264_192)]
    [InlineData("proj_out.", 2, 524_416)]
    [InlineData("audio_proj_out.", 2, 262_272)]
    [InlineData("", 3510, 18_876_174_592)]
    public void Parameter_counts(string prefix, int tensors, long parameters)
    {
        (string Name, TensorShape Shape)[] part = [.. FullSize.RequiredTensors().Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.Equal(tensors, part.Length);
        Assert.Equal(parameters, part.Sum(t => t.Shape.ElementCount));
    }

    [Fact]
    public void Every_tensor_of_the_real_checkpoint_is_known_by_name_and_shape()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryPaths.ReferenceCases, "manifest-19b.json")));
        const string Prefix = "model.diffusion_model.";
        SortedDictionary<string, string> stored = new(StringComparer.Ordinal);
        foreach (JsonProperty tensor in manifest.RootElement.GetProperty("tensors").EnumerateObject())
        {
            if (tensor.Name.StartsWith(Prefix, StringComparison.Ordinal) && !tensor.Name.Contains("embeddings_connector", StringComparison.Ordinal))
            {
                long[] shape = [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
                stored.Add(tensor.Name[Prefix.Length..], new TensorShape(shape).ToString());
            }
        }

        SortedDictionary<string, string> required = new(FullSize.RequiredTensors().ToDictionary(t => t.Name, t => t.Shape.ToString()), StringComparer.Ordinal);
        Assert.Equal(stored, required);
    }

    [Fact]
    public void Video_only_needs_no_audio_tensor()
    {
        TransformerStructure video = FullSize with { Audio = null, CrossWidth = 0, CrossHeads = 0 };
        Assert.DoesNotContain(video.RequiredTensors(), t => t.Name.Contains("audio", StringComparison.Ordinal) || t.Name.Contains("av_ca", StringComparison.Ordinal));
    }
}
