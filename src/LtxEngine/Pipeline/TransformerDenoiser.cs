using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;

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
    private readonly Dictionary<GuidancePass, TransformerPerturbations> _perturbations = new(ReferenceEqualityComparer.Instance);
    private readonly Action<int>? _reportBlock;
    private DenoiserRequest? _request;

    /// <summary>Prepares the forward passes of one clip.</summary>
    /// <param name="transformer">The network; stays the caller's.</param>
    /// <param name="state">The streams; their positions are read now.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="blockCompleted">Told the number of finished blocks of a pass.</param>
    /// <param name="cancellationToken">Stops the preparation.</param>
    public TransformerDenoiser(
        AudioVideoTransformer transformer,
        AudioVideoState state,
        EncodedPrompts prompts,
        Action<DenoiserRequest, int>? blockCompleted,
        CancellationToken cancellationToken)
    {
        _transformer = transformer;
        _reportBlock = blockCompleted is null ? null : block => blockCompleted(_request!, block);
        LatentState? audio = state.Audio;
        _videoTimesteps = new float[state.Video.TokenCount];
        _audioTimesteps = new float[audio?.TokenCount ?? 0];
        _workspace = transformer.CreateWorkspace(state.Video.TokenCount, state.Video.Positions, audio?.TokenCount ?? 0, audio is null ? [] : audio.Positions);
        try
        {
            _positive = Prepare(prompts.Positive, audio is not null, cancellationToken);
            _negative = prompts.Negative is { } negative ? Prepare(negative, audio is not null, cancellationToken) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Denoise(DenoiserRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _request = request;
        AudioVideoState state = request.State;
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
            Perturbations = Perturbations(request.Pass),
            VideoEnabled = request.VideoEnabled,
            AudioEnabled = request.AudioEnabled,
            BlockCompleted = _reportBlock,
        };
        _transformer.Forward(_workspace, inputs, video, audio, request.CancellationToken);
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
        _negative?.Dispose();
        _positive?.Dispose();
        _workspace.Dispose();
    }

    private TextConditioning Prepare(EncodedPrompt prompt, bool withAudio, CancellationToken cancellationToken) =>
        _transformer.PrepareText(prompt.VideoContext, withAudio ? prompt.AudioContext : [], cancellationToken: cancellationToken);

    private TextConditioning Text(PromptContext context) => context == PromptContext.Positive
        ? _positive
        : _negative ?? throw new InvalidOperationException("The guidance asks for the negative prompt, which was not encoded for it.");

    private TransformerPerturbations Perturbations(GuidancePass pass)
    {
        if (!_perturbations.TryGetValue(pass, out TransformerPerturbations? perturbations))
        {
            BlockSet isolated = pass.IsolateModalities ? BlockSet.All : BlockSet.None;
            perturbations = new TransformerPerturbations
            {
                PerturbVideoSelfAttention = BlockSet.Of([.. pass.PerturbedVideoBlocks]),
                PerturbAudioSelfAttention = BlockSet.Of([.. pass.PerturbedAudioBlocks]),
                SelfAttention = pass.StgMode == StgMode.ResidualSkip ? SelfAttentionPerturbation.ResidualSkip : SelfAttentionPerturbation.ValuePassThrough,
                SkipAudioToVideo = isolated,
                SkipVideoToAudio = isolated,
            };
            _perturbations.Add(pass, perturbations);
        }

        return perturbations;
    }
}
