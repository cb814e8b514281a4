using LtxEngine.Networks.Transformer;

namespace LtxEngine.Networks.Tests;

/// <summary>One shape with its inputs and outputs; fields may be changed between calls.</summary>
internal sealed class TransformerRun : IDisposable
{
    private readonly AudioVideoTransformer _transformer;

    public TransformerRun(AudioVideoTransformer transformer, int frames, int height, int width, int audioTokens, int seed)
    {
        _transformer = transformer;
        TransformerStructure structure = transformer.Structure;
        int tokens = frames * height * width;
        VideoLatent = TinyModel.Random(tokens * structure.Video.InChannels, seed);
        AudioLatent = TinyModel.Random(audioTokens * (structure.Audio?.InChannels ?? 0), seed + 1);
        VideoTimesteps = new float[tokens];
        AudioTimesteps = new float[audioTokens];
        Array.Fill(VideoTimesteps, 0.7f);
        Array.Fill(AudioTimesteps, 0.7f);
        VideoTimesteps.AsSpan(0, height * width).Clear();
        VideoVelocity = new float[tokens * structure.Video.OutChannels];
        AudioVelocity = new float[audioTokens * (structure.Audio?.OutChannels ?? 0)];
        Text = transformer.PrepareText(
            TinyModel.Random(TinyModel.TextRows * structure.Video.ContextWidth, seed + 2),
            structure.Audio is null ? [] : TinyModel.Random(TinyModel.TextRows * structure.Audio.ContextWidth, seed + 3));
        Workspace = transformer.CreateWorkspace(tokens, TinyModel.VideoPositions(frames, height, width), audioTokens, TinyModel.AudioPositions(audioTokens));
    }

    public float[] VideoLatent { get; }

    public float[] AudioLatent { get; }

    public float[] VideoTimesteps { get; }

    public float[] AudioTimesteps { get; }

    public float[] VideoVelocity { get; }

    public float[] AudioVelocity { get; }

    public TextConditioning Text { get; set; }

    public TransformerWorkspace Workspace { get; }

    public TransformerPerturbations Perturbations { get; set; } = TransformerPerturbations.None;

    public bool VideoEnabled { get; set; } = true;

    public bool AudioEnabled { get; set; } = true;

    public Action<int>? BlockCompleted { get; set; }

    public ResidualCachePass? Cache { get; set; }

    public bool MayReuse { get; set; } = true;

    public ITensorProbe? Probe { get; set; }

    public int Forward(CancellationToken cancellationToken = default)
    {
        TransformerInputs inputs = new()
        {
            VideoLatent = VideoLatent,
            VideoTimesteps = VideoTimesteps,
            AudioLatent = AudioLatent,
            AudioTimesteps = AudioTimesteps,
            Text = Text,
            Perturbations = Perturbations,
            VideoEnabled = VideoEnabled,
            AudioEnabled = AudioEnabled,
            BlockCompleted = BlockCompleted,
            Probe = Probe,
            Cache = Cache,
            MayReuse = MayReuse,
        };
        return _transformer.Forward(Workspace, inputs, VideoVelocity, AudioVelocity, cancellationToken);
    }

    public (float[] Video, float[] Audio) Result()
    {
        Forward();
        return ([.. VideoVelocity], [.. AudioVelocity]);
    }

    public void Dispose()
    {
        Workspace.Dispose();
        Text.Dispose();
    }
}
