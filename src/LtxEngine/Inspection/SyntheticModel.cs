using System.Buffers.Binary;
using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine;

/// <summary>
/// Writes checkpoints with a transformer of real widths and made-up weights: speed and memory of the full model can be measured without its
/// files. What such a transformer computes means nothing, but stays in the range of a trained one.
/// </summary>
public static class SyntheticModel
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>bf16 1.0; with random fraction bits 1 … 2.</summary>
    private const ushort One = 0x3F80;

    /// <summary>Writes a checkpoint that holds a transformer and nothing else.</summary>
    /// <param name="output">The new file; it appears under this name when it is complete.</param>
    /// <param name="size">The widths.</param>
    /// <param name="layers">Number of blocks, 1 … 1024; the 19B model has 48.</param>
    /// <param name="sparse">Whether all weights are zero and take no room on file systems that know holes.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="progress">Receives the share of the work that is done, 0 … 1.</param>
    /// <param name="cancellationToken">Stops between two pieces; the unfinished file is deleted.</param>
    /// <returns>The size of the file in bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of layers is outside its range.</exception>
    /// <exception cref="IOException">The file exists and must stay, or cannot be written.</exception>
    public static long Write(
        string output,
        SyntheticModelSize size,
        int layers,
        bool sparse = false,
        bool overwrite = false,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layers, 1024);
        TransformerStructure structure = Structure(size, layers);
        (string Name, DataType DataType, TensorShape Shape)[] tensors =
            [.. structure.RequiredTensors().Select(t => (TransformerConfiguration.Prefix + t.Name, DataType.BFloat16, t.Shape))];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal) { ["config"] = Configuration(structure), ["model_version"] = "2.0.0" };
        using (SafetensorsWriter writer = new(output, tensors, metadata, overwrite))
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (sparse)
                {
                    writer.Skip();
                }
                else
                {
                    Fill(writer, tensors[i].Name, tensors[i].Shape, seed: (ulong)i, cancellationToken);
                }

                progress?.Report((i + 1.0) / tensors.Length);
            }

            writer.Complete();
        }

        return new FileInfo(output).Length;
    }

    private static TransformerStructure Structure(SyntheticModelSize size, int layers) => size switch
    {
        SyntheticModelSize.Full => Structure(layers, heads: 32, videoHead: 128, audioHead: 64, channels: 128, context: 3840),
        SyntheticModelSize.Demo => Structure(layers, heads: 4, videoHead: 32, audioHead: 16, channels: 16, context: 64),
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "The sizes are full and demo."),
    };

    private static TransformerStructure Structure(int layers, int heads, int videoHead, int audioHead, int channels, int context) => new()
    {
        Layers = layers,
        Video = new StreamStructure(heads * videoHead, heads, channels, channels, context, 4 * heads * videoHead, 256, [20, 2048, 2048]),
        Audio = new StreamStructure(heads * audioHead, heads, channels, channels, context, 4 * heads * audioHead, 256, [20]),
        CrossWidth = heads * audioHead,
        CrossHeads = heads,
        Epsilon = 1e-6f,
        TimestepMultiplier = 1000,
        GateTimestepMultiplier = 1000,
        RotaryTheta = 10000,
        RotaryLayout = RotaryLayout.Split,
        DoublePrecisionRotaryGrid = true,
    };

    private static string Configuration(TransformerStructure structure) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"transformer": {"num_layers": {{structure.Layers}}, "num_attention_heads": {{structure.Video.Heads}}, "attention_head_dim": {{structure.Video.Width / structure.Video.Heads}},
        "audio_num_attention_heads": {{structure.Audio!.Heads}}, "audio_attention_head_dim": {{structure.Audio.Width / structure.Audio.Heads}},
        "audio_cross_attention_dim": {{structure.CrossWidth}}, "norm_eps": 1e-06, "rope_type": "split", "frequencies_precision": "float64",
        "positional_embedding_theta": 10000.0, "positional_embedding_max_pos": [20, 2048, 2048], "audio_positional_embedding_max_pos": [20],
        "timestep_scale_multiplier": 1000, "av_ca_timestep_scale_multiplier": 1000.0} }
        """);

    /// <summary>
    /// Weights ±2ᵉ·(1 … 2) with 2ᵉ about 1/√inputs, so that products keep the size of their input; norms 1 … 2; everything else ±2⁻⁷·(1 … 2).
    /// A bf16 is sign, exponent and fraction: random bits for the first and the last are all that is needed.
    /// </summary>
    private static void Fill(SafetensorsWriter writer, string name, TensorShape shape, ulong seed, CancellationToken cancellationToken)
    {
        bool isNorm = name.EndsWith("_norm.weight", StringComparison.Ordinal);
        int exponent = shape.Rank == 2 && name.EndsWith(".weight", StringComparison.Ordinal) ? (int)-Math.Ceiling(Math.Log2(Math.Sqrt(shape[1]))) - 1 : -7;
        ushort pattern = isNorm ? One : (ushort)((127 + exponent) << 7);
        ulong fixedBits = pattern * 0x0001_0001_0001_0001UL;
        ulong randomBits = isNorm ? 0x007F_007F_007F_007FUL : 0x807F_807F_807F_807FUL;
        byte[] chunk = new byte[ChunkBytes];
        ulong state = seed * 0xD1B5_4A32_D192_ED03UL;
        for (long remaining = checked(shape.ElementCount * sizeof(ushort)); remaining > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(remaining, chunk.Length);
            for (int i = 0; i < count; i += sizeof(ulong))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(chunk.AsSpan(i), (Next(ref state) & randomBits) | fixedBits);
            }

            writer.Append(chunk.AsSpan(0, count));
            remaining -= count;
        }
    }

    /// <summary>SplitMix64.</summary>
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL;
        return z ^ (z >> 31);
    }
}
