using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>The transformer as the denoise loop sees it: σ·mask as timesteps, x0 = x − σ·mask·v as prediction.</summary>
internal sealed class TransformerDenoiser : IDenoiser, IDisposable
{
    private readonly AudioVideoTransformer _transformer;
    private readonly TransformerWorkspace _workspace;
    private readonly TextConditioning _positive;
    private readonly TextConditioning? _negative;
    private readonly float[] _videoTimesteps;
    private readonly float[] _audioTimesteps;
    private readonly Dictionary<GuidancePass, PreparedPass> _passes = new(ReferenceEqualityComparer.Instance);
    private readonly AccelerationSettings? _acceleration;
    private readonly int _steps;
    private readonly Action<int> _blockCompleted;
    private DenoiserRequest? _request;

    /// <summary>Prepares the forward passes of one clip.</summary>
    /// <param name="transformer">The network; stays the caller's.</param>
    /// <param name="state">The streams; their positions are read now.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="stage">What is denoised: its sampler, its noise levels, its acceleration.</param>
    /// <param name="cancellationToken">Stops the preparation.</param>
    public TransformerDenoiser(
        AudioVideoTransformer transformer,
        AudioVideoState state,
        EncodedPrompts prompts,
        DenoiseStage stage,
        CancellationToken cancellationToken)
    {
        _transformer = transformer;
        _acceleration = stage.Acceleration;
        _steps = stage.Sampler.PrepareSigmas([.. stage.Sigmas]).Length - 1;
        _blockCompleted = block => BlockCompleted?.Invoke(_request!, block);
        LatentState? audio = state.Audio;
        _videoTimesteps = new float[state.Video.TokenCount];
        _audioTimesteps = new float[audio?.TokenCount ?? 0];
        _workspace = transformer.CreateWorkspace(state.Video.TokenCount, state.Video.Positions, audio?.TokenCount ?? 0, audio is null ? [] : audio.Positions);
        try
        {
            Cache = _acceleration is { } limits ? transformer.CreateResidualCache(_workspace, new ResidualCacheLimits(limits.Threshold, limits.MostInARow)) : null;
            _positive = Prepare(prompts.Positive, audio is not null, cancellationToken);
            _negative = prompts.Negative is { } negative ? Prepare(negative, audio is not null, cancellationToken) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Told the number of finished blocks of a pass.</summary>
    public Action<DenoiserRequest, int>? BlockCompleted { get; init; }

    /// <summary>Told the number of blocks that a pass evaluated.</summary>
    public Action<int>? PassCompleted { get; init; }

    /// <summary>
    /// What earlier steps left to reuse; null without acceleration. A run that is resumed needs it besides the latents: save it after a step
    /// and load it before the next one.
    /// </summary>
    public ResidualCache? Cache { get; }

    /// <inheritdoc/>
    public void Denoise(DenoiserRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _request = request;
        AudioVideoState state = request.State;
        PreparedPass pass = Prepare(request.Pass);
        state.Video.WriteTokenSigmas(request.Sigma, _videoTimesteps);
        state.Audio?.WriteTokenSigmas(request.Sigma, _audioTimesteps);
        Span<float> video = request.Prediction(Modality.Video);
        Span<float> audio = request.Prediction(Modality.Audio);
        TransformerInputs inputs = new()
        {
            VideoLatent = state.Video.Latent,
            VideoTimesteps = _videoTimesteps,
            AudioLatent = state.Audio is null ? [] : state.Audio.Latent,
            AudioTimesteps = _audioTimesteps,
            Text = Text(request.Pass.Context),
            Perturbations = pass.Perturbations,
            VideoEnabled = request.VideoEnabled,
            AudioEnabled = request.AudioEnabled,
            BlockCompleted = _blockCompleted,
            Cache = pass.Cache,
            MayReuse = _acceleration?.MayReuse(request.StepIndex, _steps) == true,
        };
        int evaluated = _transformer.Forward(_workspace, inputs, video, audio, request.CancellationToken);
        PassCompleted?.Invoke(evaluated);
        if (request.VideoEnabled)
        {
            state.Video.VelocityToDenoised(video, request.Sigma, video);
        }

        if (state.Audio is not null && request.AudioEnabled)
        {
            state.Audio.VelocityToDenoised(audio, request.Sigma, audio);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cache?.Dispose();
        _negative?.Dispose();
        _positive?.Dispose();
        _workspace.Dispose();
    }

    private TextConditioning Prepare(EncodedPrompt prompt, bool withAudio, CancellationToken cancellationToken) =>
        _transformer.PrepareText(prompt.VideoContext, withAudio ? prompt.AudioContext : [], cancellationToken: cancellationToken);

    private TextConditioning Text(PromptContext context) => context == PromptContext.Positive
        ? _positive
        : _negative ?? throw new InvalidOperationException("The guidance asks for the negative prompt, which was not encoded for it.");

    private PreparedPass Prepare(GuidancePass pass)
    {
        if (!_passes.TryGetValue(pass, out PreparedPass? prepared))
        {
            BlockSet isolated = pass.IsolateModalities ? BlockSet.All : BlockSet.None;
            TransformerPerturbations perturbations = new()
            {
                PerturbVideoSelfAttention = BlockSet.Of([.. pass.PerturbedVideoBlocks]),
                PerturbAudioSelfAttention = BlockSet.Of([.. pass.PerturbedAudioBlocks]),
                SelfAttention = pass.StgMode == StgMode.ResidualSkip ? SelfAttentionPerturbation.ResidualSkip : SelfAttentionPerturbation.ValuePassThrough,
                SkipAudioToVideo = isolated,
                SkipVideoToAudio = isolated,
            };
            prepared = new PreparedPass(perturbations, Cache?.Pass(Describe(pass)));
            _passes.Add(pass, prepared);
        }

        return prepared;
    }

    /// <summary>The same text for passes that compute the same, also in another process.</summary>
    private static string Describe(GuidancePass pass) =>
        $"{pass.Context} {pass.StgMode} video:{string.Join(',', pass.PerturbedVideoBlocks)} audio:{string.Join(',', pass.PerturbedAudioBlocks)} isolated:{pass.IsolateModalities}";

    private sealed record PreparedPass(TransformerPerturbations Perturbations, ResidualCachePass? Cache);
}
