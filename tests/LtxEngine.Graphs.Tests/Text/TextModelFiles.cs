using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Text;

/// <summary>Writes text models of any width as sparse files: all weights zero except those that a test sets.</summary>
internal static class TextModelFiles
{
    /// <summary>A configuration with 12B's widths and a few layers.</summary>
    public static GemmaConfiguration Create12BWidth(int layers) => new()
    {
        VocabularySize = 32,
        HiddenSize = 3840,
        IntermediateSize = 15360,
        LayerCount = layers,
        HeadCount = 16,
        KeyValueHeadCount = 8,
        HeadDimension = 256,
        NormEpsilon = 1e-6,
        QueryPreAttentionScalar = 256,
        SlidingWindow = 1024,
        HiddenActivation = "gelu_pytorch_tanh",
        GlobalLayers = [layers - 1],
        GlobalTheta = 1e6,
        GlobalLinearFactor = 8,
        LocalTheta = 1e4,
        Vision = null,
        TokensPerImage = 256,
        ImageTokenId = 262144,
        StopIds = [],
    };

    /// <summary>
    /// Values for a model of 12B's width of which only layer 1 does anything: it adds gelu(x₀)·x₁ to channel 5, which its last norm turns into
    /// +√3840 for token 7 and −√3840 for token 9; everything else stays zero.
    /// </summary>
    public static IReadOnlyList<(string Name, long Index, float Value)> OneActiveLayer { get; } =
    [
        ("embed_tokens.weight", (7 * 3840) + 0, 1f),
        ("embed_tokens.weight", (7 * 3840) + 1, 2f),
        ("embed_tokens.weight", (9 * 3840) + 0, 1f),
        ("embed_tokens.weight", (9 * 3840) + 1, -2f),
        ("layers.1.mlp.gate_proj.weight", 0, 1f),
        ("layers.1.mlp.up_proj.weight", 1, 1f),
        ("layers.1.mlp.down_proj.weight", 5 * 15360, 1f),
    ];

    /// <summary>Writes the model's file in bf16.</summary>
    /// <param name="path">The file.</param>
    /// <param name="configuration">The sizes.</param>
    /// <param name="values">Values other than zero: tensor, element index, value.</param>
    public static void Write(string path, GemmaConfiguration configuration, IEnumerable<(string Name, long Index, float Value)> values)
    {
        const string Prefix = "language_model.model.";
        List<(string Name, TensorShape Shape)> tensors =
        [
            (Prefix + "embed_tokens.weight", new TensorShape(configuration.VocabularySize, configuration.HiddenSize)),
            (Prefix + "norm.weight", new TensorShape(configuration.HiddenSize)),
        ];
        for (int layer = 0; layer < configuration.LayerCount; layer++)
        {
            tensors.AddRange(GemmaLayerGraph.Parts(configuration).Select(p => ($"{Prefix}layers.{layer}.{p.Name}", p.Shape)));
        }

        Dictionary<string, long> offsets = [];
        long offset = 0;
        Dictionary<string, object> header = [];
        foreach ((string name, TensorShape shape) in tensors)
        {
            long end = offset + (2 * shape.ElementCount);
            header.Add(name, new { dtype = "BF16", shape = shape.Dimensions, data_offsets = new[] { offset, end } });
            offsets.Add(name, offset);
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream stream = File.Create(path);
        stream.Write(length);
        stream.Write(json);
        stream.SetLength(8 + json.Length + offset);
        byte[] value = new byte[2];
        foreach ((string name, long index, float number) in values)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(value, TensorConversion.Float32ToBFloat16(number));
            stream.Position = 8 + json.Length + offsets[Prefix + name] + (2 * index);
            stream.Write(value);
        }
    }
}
