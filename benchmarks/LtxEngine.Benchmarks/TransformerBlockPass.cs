using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Forward passes of a transformer of one block at the 19B model's widths. Beside the block they hold the projections of the latents, 0.3 % of
/// the arithmetic.
/// </summary>
internal sealed class TransformerBlockPass : IDisposable
{
    /// <summary>Rows of the text context.</summary>
    public const int TextRows = 1024;

    /// <summary>About a second of sound.</summary>
    public const int AudioTokens = 26;

    private readonly AudioVideoTransformer _transformer;
    private readonly TransformerWorkspace _workspace;
    private readonly TextConditioning _text;
    private readonly float[] _videoLatent;
    private readonly float[] _audioLatent;
    private readonly float[] _videoTimesteps;
    private readonly float[] _audioTimesteps;
    private readonly float[] _videoVelocity;
    private readonly float[] _audioVelocity;

    /// <summary>Loads the block and prepares a text.</summary>
    /// <param name="checkpoint">A transformer of one block.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="tokens">Video tokens.</param>
    public TransformerBlockPass(SafetensorsFile checkpoint, IComputeDevice device, int tokens)
    {
        _transformer = AudioVideoTransformer.Load(checkpoint, device);
        TransformerStructure structure = _transformer.Structure;
        StreamStructure audio = structure.Audio!;
        _videoLatent = BenchmarkValues.Uniform((long)tokens * structure.Video.InChannels, 1);
        _audioLatent = BenchmarkValues.Uniform((long)AudioTokens * audio.InChannels, 2);
        _videoTimesteps = new float[tokens];
        _audioTimesteps = new float[AudioTokens];
        Array.Fill(_videoTimesteps, 0.7f);
        Array.Fill(_audioTimesteps, 0.7f);
        _videoVelocity = new float[tokens * structure.Video.OutChannels];
        _audioVelocity = new float[AudioTokens * audio.OutChannels];
        _text = _transformer.PrepareText(
            BenchmarkValues.Uniform((long)TextRows * structure.Video.ContextWidth, 3), BenchmarkValues.Uniform((long)TextRows * audio.ContextWidth, 4));
        _workspace = _transformer.CreateWorkspace(tokens, new float[tokens * 6], AudioTokens, new float[AudioTokens * 2]);
    }

    /// <summary>
    /// Operations of a pass: 2 per weight and token (attention projections 8·w², of which the text's keys and values, 2·w², are prepared per
    /// prompt; feed-forward 8·w²), 4 per query, key and channel of an attention.
    /// </summary>
    /// <param name="tokens">Video tokens.</param>
    public static double Operations(int tokens)
    {
        const double Video = 4096, Audio = 2048;
        double weights = (tokens * ((4 + 2 + 8) * Video * Video)) + (AudioTokens * ((4 + 2 + 8) * Audio * Audio))
            + (tokens * 4 * Video * Audio) + (AudioTokens * 4 * Audio * Audio);
        double attention = (Video * tokens * (tokens + TextRows)) + (Audio * AudioTokens * (AudioTokens + TextRows)) + (2 * Audio * tokens * AudioTokens);
        return (2 * weights) + (4 * attention);
    }

    /// <summary>One pass.</summary>
    /// <returns>The video's velocity; overwritten by the next pass.</returns>
    public float[] Run()
    {
        TransformerInputs inputs = new()
        {
            VideoLatent = _videoLatent,
            VideoTimesteps = _videoTimesteps,
            AudioLatent = _audioLatent,
            AudioTimesteps = _audioTimesteps,
            Text = _text,
        };
        _transformer.Forward(_workspace, inputs, _videoVelocity, _audioVelocity);
        return _videoVelocity;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspace.Dispose();
        _text.Dispose();
        _transformer.Dispose();
    }
}
