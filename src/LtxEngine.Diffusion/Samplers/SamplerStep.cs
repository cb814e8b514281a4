using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>One step of the denoise loop, as a sampler sees it. Reused from step to step.</summary>
public sealed class SamplerStep
{
    private readonly SamplerStream[] _streams;
    private readonly double[] _sigmas;
    private readonly IGuider _guider;
    private readonly GuidanceStep _guidance;
    private readonly Func<long, INoiseSource> _createNoise;
    private readonly IDenoiseObserver? _observer;
    private readonly Dictionary<long, INoiseSource> _noise = [];

    internal SamplerStep(
        AudioVideoState state,
        double[] sigmas,
        int firstIndex,
        IDenoiser denoiser,
        IGuider guider,
        DenoiseLoopOptions options,
        CancellationToken cancellationToken)
    {
        State = state;
        FirstIndex = firstIndex;
        CancellationToken = cancellationToken;
        _sigmas = sigmas;
        _guider = guider;
        _guidance = new GuidanceStep(denoiser, state, cancellationToken);
        _createNoise = options.CreateNoise;
        _observer = options.Observer;
        _streams = new SamplerStream[state.Streams.Length];
        for (int i = 0; i < _streams.Length; i++)
        {
            _streams[i] = new SamplerStream(state.Streams[i]);
        }
    }

    /// <summary>The streams' latents, masks and positions.</summary>
    public AudioVideoState State { get; }

    /// <summary>The streams with their working memory, video first; audio is absent when it is off.</summary>
    public ReadOnlySpan<SamplerStream> Streams => _streams;

    /// <summary>All sigmas of the loop.</summary>
    public ReadOnlySpan<double> Sigmas => _sigmas;

    /// <summary>Index of this step, from 0.</summary>
    public int Index { get; internal set; }

    /// <summary>Index of the first step of this run: 0, or the step at which a saved run is resumed.</summary>
    public int FirstIndex { get; }

    /// <summary>The sigma at which the step begins.</summary>
    public double Sigma => _sigmas[Index];

    /// <summary>The sigma at which the step ends; 0 in the last step.</summary>
    public double NextSigma => _sigmas[Index + 1];

    /// <summary>Cancels the loop; checked before every forward pass.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>
    /// Evaluates the guided model at <see cref="SamplerStream.Latent"/> and the given sigma and writes the blended x0 to
    /// <see cref="SamplerStream.Denoised"/> of every stream.
    /// </summary>
    /// <param name="sigma">The global sigma, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sigma is not in (0, 1].</exception>
    public void Evaluate(double sigma) => Evaluate(sigma, Index);

    /// <summary>
    /// As <see cref="Evaluate(double)"/>, for the inner stages of a step: guidance never skips it, and an observer is shown the latents first.
    /// </summary>
    /// <param name="sigma">The global sigma, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sigma is not in (0, 1].</exception>
    public void EvaluateSubstep(double sigma)
    {
        _observer?.OnSubstep(this);
        Evaluate(sigma, guidanceIndex: 0);
    }

    /// <summary>The run's noise stream for a seed; the same stream for the same seed throughout a run.</summary>
    /// <remarks>A resumed run gets the stream from its beginning: draw and drop what the steps before <see cref="FirstIndex"/> drew, as <see cref="Res2sSampler"/> does.</remarks>
    /// <param name="seed">The seed.</param>
    public INoiseSource Noise(long seed)
    {
        if (!_noise.TryGetValue(seed, out INoiseSource? source))
        {
            source = _createNoise(seed);
            _noise.Add(seed, source);
        }

        return source;
    }

    /// <summary>Copies everything that is needed to go on after this step; see <see cref="DenoiseLoopOptions.Resume"/>.</summary>
    public DenoiseSnapshot CreateSnapshot()
    {
        DenoiseSnapshotStream[] streams = new DenoiseSnapshotStream[_streams.Length];
        for (int i = 0; i < streams.Length; i++)
        {
            SamplerStream stream = _streams[i];
            streams[i] = new DenoiseSnapshotStream(
                stream.Latent.ToArray(), _guidance.Guided(stream.State.Modality).ToArray(), stream.CopyCarried());
        }

        return new DenoiseSnapshot(Index + 1, streams);
    }

    internal void Restore(DenoiseSnapshot snapshot)
    {
        if (snapshot.Streams.Count != _streams.Length)
        {
            throw new ArgumentException(
                $"The saved run holds {snapshot.Streams.Count} streams, this one has {_streams.Length}; resume with the same audio setting.", nameof(snapshot));
        }

        for (int i = 0; i < _streams.Length; i++)
        {
            SamplerStream stream = _streams[i];
            DenoiseSnapshotStream saved = snapshot.Streams[i];
            Span<float> guided = _guidance.Guided(stream.State.Modality);
            Require.Length(saved.Latent.Length, stream.Latent.Length, nameof(saved.Latent));
            Require.Length(saved.Guided.Length, guided.Length, nameof(saved.Guided));
            saved.Latent.CopyTo(stream.Latent);
            saved.Guided.CopyTo(guided);
            stream.RestoreCarried(saved.Carried);
        }

        _guidance.HasPrevious = true;
    }

    private void Evaluate(double sigma, int guidanceIndex)
    {
        if (!(sigma > 0 && sigma <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), sigma, $"{nameof(sigma)} is {sigma}; the model is evaluated above 0 and up to 1.");
        }

        _guidance.Evaluate(_guider, Index, guidanceIndex, sigma);
        foreach (SamplerStream stream in _streams)
        {
            stream.State.BlendWithClean(_guidance.Guided(stream.State.Modality), stream.Denoised);
        }
    }
}
