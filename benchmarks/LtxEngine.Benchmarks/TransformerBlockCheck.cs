using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Execution;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Shows that <see cref="TransformerBlockGraph"/> computes what the engine's block computes: both run on random weights of the demo model's
/// widths, and the graph gets the engine's own keys, values, modulation and rotations.
/// </summary>
internal sealed class TransformerBlockCheck : ITensorProbe
{
    private const int VideoTokens = 12;
    private const int AudioTokens = 7;
    private const int TextRows = 5;

    private readonly Dictionary<string, float[]> _recorded = new(StringComparer.Ordinal);

    private TransformerBlockCheck()
    {
    }

    /// <summary>Runs both.</summary>
    /// <returns>The larger relative error (Frobenius norm) of video and sound after the block.</returns>
    public static double RelativeError()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ltx-check-{Guid.NewGuid():N}.safetensors");
        try
        {
            SyntheticModel.Write(path, SyntheticModelSize.Demo, layers: 1, sparse: false);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return new TransformerBlockCheck().Compare(file);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    bool ITensorProbe.Wants(string name) => name is "video_patchify" or "audio_patchify" or "block_0_video" or "block_0_audio";

    /// <inheritdoc/>
    void ITensorProbe.Record(string name, ReadOnlySpan<float> values, int rows, int columns) => _recorded[name] = values.ToArray();

    private static float[] Rows(int count, int columns, int seed) => BenchmarkValues.Uniform((long)count * columns, seed);

    private static float[] Timesteps(int count)
    {
        float[] timesteps = new float[count];
        Array.Fill(timesteps, 0.7f);
        return timesteps;
    }

    /// <summary>[axes, tokens, 2]: neighbours a unit apart.</summary>
    private static float[] Positions(int axes, int tokens) => [.. Enumerable.Range(0, axes * tokens).SelectMany(i => new float[] { i % tokens, (i % tokens) + 1 })];

    private double Compare(SafetensorsFile file)
    {
        using CpuComputeDevice device = new(threads: 1);
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device);
        TransformerStructure structure = transformer.Structure;
        StreamStructure audio = structure.Audio!;
        using TextConditioning text = transformer.PrepareText(Rows(TextRows, structure.Video.ContextWidth, 1), Rows(TextRows, audio.ContextWidth, 2));
        float[] videoPositions = Positions(structure.Video.MaxPositions.Count, VideoTokens);
        float[] audioPositions = Positions(1, AudioTokens);
        using TransformerWorkspace workspace = transformer.CreateWorkspace(VideoTokens, videoPositions, AudioTokens, audioPositions);
        TransformerInputs inputs = new()
        {
            VideoLatent = Rows(VideoTokens, structure.Video.InChannels, 3),
            VideoTimesteps = Timesteps(VideoTokens),
            AudioLatent = Rows(AudioTokens, audio.InChannels, 4),
            AudioTimesteps = Timesteps(AudioTokens),
            Text = text,
            Probe = this,
        };
        transformer.Forward(workspace, inputs, new float[VideoTokens * structure.Video.OutChannels], new float[AudioTokens * audio.OutChannels]);

        TransformerBlockGraph graph = new(file, structure, VideoTokens, AudioTokens, TextRows);
        using GraphSession session = GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = 1, ReleaseMemoryAfterRun = false });
        graph.Set("video", _recorded["video_patchify"]);
        graph.Set("audio", _recorded["audio_patchify"]);
        SetStream(graph, device, workspace.Video, text.Video(0), structure, videoPositions);
        SetStream(graph, device, workspace.Audio!, text.Audio(0), structure, audioPositions);
        IReadOnlyDictionary<string, HostTensor> result = session.Run(graph.Inputs);
        return Math.Max(
            Statistics.RelativeError(_recorded["block_0_video"], result["video_out"].Data), Statistics.RelativeError(_recorded["block_0_audio"], result["audio_out"].Data));
    }

    private static void SetStream(
        TransformerBlockGraph graph, CpuComputeDevice device, StreamWorkspace stream, DeviceMatrix keysAndValues, TransformerStructure structure, float[] positions)
    {
        string name = ReferenceEquals(stream.Stream, structure.Video) ? "video" : "audio";
        int width = stream.Stream.Width;
        graph.Set(name + "_modulation", Download(device, stream.Timesteps.BlockModulation));
        graph.Set(name + "_text_keys", Download(device, keysAndValues.ColumnRange(0, width)));
        graph.Set(name + "_text_values", Download(device, keysAndValues.ColumnRange(width, width)));
        SetRotation(graph, name + '_', stream.Tokens, positions, new RotaryEmbedding(
            width, stream.Stream.Heads, structure.RotaryLayout, structure.RotaryTheta, [.. stream.Stream.MaxPositions], structure.DoublePrecisionRotaryGrid, structure.UseMiddlePositions));
        double longest = Math.Max(structure.Video.MaxPositions[0], structure.Audio!.MaxPositions[0]);
        SetRotation(graph, name + "_cross_", stream.Tokens, positions[..(stream.Tokens * 2)], new RotaryEmbedding(
            structure.CrossWidth, structure.CrossHeads, structure.RotaryLayout, structure.RotaryTheta, [longest], structure.DoublePrecisionRotaryGrid, structure.UseMiddlePositions));
    }

    private static void SetRotation(TransformerBlockGraph graph, string prefix, int tokens, float[] positions, RotaryEmbedding rotary)
    {
        float[] cosines = new float[tokens * rotary.Width / 2];
        float[] sines = new float[cosines.Length];
        rotary.Compute(positions, tokens, cosines, sines);
        graph.Set(prefix + "cosines", cosines);
        graph.Set(prefix + "sines", sines);
    }

    private static float[] Download(CpuComputeDevice device, DeviceMatrix matrix)
    {
        float[] values = new float[matrix.Rows * matrix.Columns];
        device.Download(matrix, values);
        return values;
    }
}
