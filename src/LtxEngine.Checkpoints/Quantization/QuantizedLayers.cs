using System.Globalization;
using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Quantization;

/// <summary>
/// Which layers a quantised checkpoint holds in few bits: the 28 linear layers of every transformer block except the first and the last
/// five of 48, as in the published fp8 files. The ends of the network suffer most from rounding. For other depths the last
/// ⌊5·blocks/48⌋ blocks stay: none of a model of nine blocks or fewer.
/// </summary>
internal static class QuantizedLayers
{
    private const int FullBlocks = 48;
    private const int FullLastBlocks = 5;
    private const string Blocks = TransformerConfiguration.Prefix + "transformer_blocks.";
    private const string Weight = ".weight";

    private static readonly HashSet<string> LayersOfABlock = new(
        new[] { "attn1", "attn2", "audio_attn1", "audio_attn2", "audio_to_video_attn", "video_to_audio_attn" }
            .SelectMany(attention => new[] { $"{attention}.to_q", $"{attention}.to_k", $"{attention}.to_v", $"{attention}.to_out.0" })
            .Concat(["ff.net.0.proj", "ff.net.2", "audio_ff.net.0.proj", "audio_ff.net.2"]),
        StringComparer.Ordinal);

    /// <summary>Names of the weights to quantise.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static HashSet<string> Find(ITensorCollection checkpoint)
    {
        List<(string Name, int Block)> found = [];
        int blocks = 0;
        foreach (string name in checkpoint.Tensors.Keys)
        {
            if (Split(name) is var (block, layer))
            {
                blocks = Math.Max(blocks, block + 1);
                if (LayersOfABlock.Contains(layer))
                {
                    found.Add((name, block));
                }
            }
        }

        int end = blocks - (int)((long)blocks * FullLastBlocks / FullBlocks);
        return [.. found.Where(item => item.Block >= 1 && item.Block < end).Select(item => item.Name)];
    }

    private static (int Block, string Layer)? Split(string name)
    {
        if (!name.StartsWith(Blocks, StringComparison.Ordinal) || !name.EndsWith(Weight, StringComparison.Ordinal))
        {
            return null;
        }

        int dot = name.IndexOf('.', Blocks.Length);
        return dot < name.Length - Weight.Length
            && int.TryParse(name.AsSpan(Blocks.Length, dot - Blocks.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int block)
            && block < int.MaxValue
            ? (block, name[(dot + 1)..^Weight.Length])
            : null;
    }
}
