using LtxEngine.Checkpoints;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>The small transformer of the reference cases on a CPU device, with inputs made from a seed.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int TextRows = 16;

    public TinyModel(int threads = 2, TransformerOptions? options = null, WeightCache? cache = null, string? checkpoint = null)
    {
        File = SafetensorsFile.Open(checkpoint ?? CheckpointPath);
        Device = new CpuComputeDevice(threads);
        Transformer = AudioVideoTransformer.Load(File, Device, options, cache: cache);
    }

    public static string CheckpointPath => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "model.safetensors");

    /// <summary>The same model with an fp8 block that stores input scales.</summary>
    public static string Float8CheckpointPath => Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "model-fp8.safetensors");

    public SafetensorsFile File { get; }

    public CpuComputeDevice Device { get; }

    public AudioVideoTransformer Transformer { get; }

    public static float[] Random(int length, int seed)
    {
        Random random = new(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1);
        }

        return values;
    }

    /// <summary>Positions of a grid of video tokens: [3, tokens, 2].</summary>
    public static float[] VideoPositions(int frames, int height, int width, float framesPerSecond = 24)
    {
        int tokens = frames * height * width;
        float[] positions = new float[3 * tokens * 2];
        for (int token = 0; token < tokens; token++)
        {
            int frame = token / (height * width);
            int row = token / width % height;
            int column = token % width;
            Set(0, Math.Max(0, (8 * frame) - 7) / framesPerSecond, ((8 * frame) + 1) / framesPerSecond);
            Set(1, 32 * row, 32 * (row + 1));
            Set(2, 32 * column, 32 * (column + 1));

            void Set(int axis, float start, float end)
            {
                positions[((axis * tokens) + token) * 2] = start;
                positions[(((axis * tokens) + token) * 2) + 1] = end;
            }
        }

        return positions;
    }

    public static float[] AudioPositions(int tokens)
    {
        float[] positions = new float[tokens * 2];
        for (int token = 0; token < tokens; token++)
        {
            positions[token * 2] = Math.Max(0, (4 * token) - 3) / 100f;
            positions[(token * 2) + 1] = ((4 * token) + 1) / 100f;
        }

        return positions;
    }

    public TransformerRun CreateRun(int frames = 2, int height = 3, int width = 4, int audioTokens = 7, int seed = 1) =>
        new(Transformer, frames, height, width, audioTokens, seed);

    public void Dispose()
    {
        Transformer.Dispose();
        File.Dispose();
        Device.Dispose();
    }
}
