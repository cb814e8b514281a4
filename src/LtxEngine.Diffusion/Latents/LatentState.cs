namespace LtxEngine.Diffusion.Latents;

/// <summary>
/// The tokens of one modality while they are denoised: the noisy latent, the clean latent that conditioning pulls towards,
/// the denoise mask and the positions. Batch size is one; everything is fp32 in managed memory.
/// </summary>
/// <remarks>
/// Token layout is <c>[tokens, channels]</c>, row-major. The first <see cref="BaseTokenCount"/> tokens are the clip itself (width fastest,
/// then height, then time); tokens behind them were appended by conditioning (keyframes) and are dropped after the loop.
/// </remarks>
public sealed class LatentState
{
    private readonly float[] _latent;
    private readonly float[] _cleanLatent;
    private readonly float[] _denoiseMask;
    private readonly float[] _positions;

    /// <summary>Creates a state of zeros whose mask is one everywhere.</summary>
    /// <param name="modality">Which stream this is.</param>
    /// <param name="tokenCount">All tokens, appended ones included; at least 1.</param>
    /// <param name="baseTokenCount">Tokens that belong to the clip itself; 1 to <paramref name="tokenCount"/>.</param>
    /// <param name="channels">Values per token; at least 1.</param>
    /// <param name="positionAxes">Axes of a position: 3 for video (time, row, column), 1 for audio (time).</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of its range, or the state would exceed 2³¹ values.</exception>
    public LatentState(Modality modality, int tokenCount, int baseTokenCount, int channels, int positionAxes)
    {
        Require.AtLeast(tokenCount, 1, nameof(tokenCount));
        Require.InRange(baseTokenCount, 1, tokenCount, nameof(baseTokenCount));
        Require.AtLeast(channels, 1, nameof(channels));
        Require.InRange(positionAxes, 1, 3, nameof(positionAxes));
        int elements = Require.ElementCount(nameof(tokenCount), tokenCount, channels);
        int positions = Require.ElementCount(nameof(tokenCount), positionAxes, tokenCount, 2);
        Modality = modality;
        TokenCount = tokenCount;
        BaseTokenCount = baseTokenCount;
        Channels = channels;
        PositionAxes = positionAxes;
        _latent = new float[elements];
        _cleanLatent = new float[elements];
        _denoiseMask = new float[tokenCount];
        _positions = new float[positions];
        _denoiseMask.AsSpan().Fill(1f);
    }

    /// <summary>Which stream this is.</summary>
    public Modality Modality { get; }

    /// <summary>Number of tokens, appended conditioning tokens included.</summary>
    public int TokenCount { get; }

    /// <summary>Number of tokens of the clip itself.</summary>
    public int BaseTokenCount { get; }

    /// <summary>Values per token.</summary>
    public int Channels { get; }

    /// <summary>Axes of a position: 3 for video (seconds, pixel row, pixel column), 1 for audio (seconds).</summary>
    public int PositionAxes { get; }

    /// <summary>The noisy latent <c>[tokens, channels]</c>, normalised; what a sampler advances.</summary>
    public Span<float> Latent => _latent;

    /// <summary>The clean latent <c>[tokens, channels]</c> that predictions are blended with where the mask is below one.</summary>
    public Span<float> CleanLatent => _cleanLatent;

    /// <summary>The denoise mask, one value in [0, 1] per token: 1 = denoise fully, 0 = keep the clean latent.</summary>
    public Span<float> DenoiseMask => _denoiseMask;

    /// <summary>Start and end of every token on every axis, <c>[axes, tokens, 2]</c>: seconds, and for video pixel rows and columns.</summary>
    public Span<float> Positions => _positions;

    /// <summary>The tokens of the clip itself, <c>[base tokens, channels]</c>, without appended ones.</summary>
    public Span<float> BaseLatent => _latent.AsSpan(0, BaseTokenCount * Channels);

    /// <summary>Writes the noise level of every token, <c>σ·mask</c> (the network's timestep before its factor 1000).</summary>
    /// <param name="sigma">The global sigma.</param>
    /// <param name="destination">Receives <see cref="TokenCount"/> values.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void WriteTokenSigmas(double sigma, Span<float> destination)
    {
        Require.Length(destination.Length, TokenCount, nameof(destination));
        float globalSigma = (float)sigma;
        for (int token = 0; token < destination.Length; token++)
        {
            destination[token] = globalSigma * _denoiseMask[token];
        }
    }

    /// <summary>
    /// Turns a velocity prediction into a prediction of the clean latent: <c>x0 = x − σ·mask·v</c> per token
    /// (the model predicts <c>v = ε − x0</c> with <c>x = (1−σ)·x0 + σ·ε</c>).
    /// </summary>
    /// <param name="velocity">The velocity <c>[tokens, channels]</c>; may be the same memory as <paramref name="destination"/>.</param>
    /// <param name="sigma">The global sigma.</param>
    /// <param name="destination">Receives the clean prediction <c>[tokens, channels]</c>.</param>
    /// <exception cref="ArgumentException">A span has another length than the latent.</exception>
    public void VelocityToDenoised(ReadOnlySpan<float> velocity, double sigma, Span<float> destination)
    {
        Require.Length(velocity.Length, _latent.Length, nameof(velocity));
        Require.Length(destination.Length, _latent.Length, nameof(destination));
        float globalSigma = (float)sigma;
        for (int token = 0; token < TokenCount; token++)
        {
            float tokenSigma = globalSigma * _denoiseMask[token];
            int start = token * Channels;
            ReadOnlySpan<float> latentRow = _latent.AsSpan(start, Channels);
            ReadOnlySpan<float> velocityRow = velocity.Slice(start, Channels);
            Span<float> destinationRow = destination.Slice(start, Channels);
            for (int channel = 0; channel < destinationRow.Length; channel++)
            {
                destinationRow[channel] = latentRow[channel] - (tokenSigma * velocityRow[channel]);
            }
        }
    }

    /// <summary>Blends a prediction with the clean latent: <c>x0·mask + clean·(1−mask)</c> per token.</summary>
    /// <param name="prediction">The prediction <c>[tokens, channels]</c>.</param>
    /// <param name="destination">Receives the blend; may be the same memory as <paramref name="prediction"/>.</param>
    /// <exception cref="ArgumentException">A span has another length than the latent.</exception>
    public void BlendWithClean(ReadOnlySpan<float> prediction, Span<float> destination)
    {
        Require.Length(prediction.Length, _latent.Length, nameof(prediction));
        Require.Length(destination.Length, _latent.Length, nameof(destination));
        for (int token = 0; token < TokenCount; token++)
        {
            float mask = _denoiseMask[token];
            int start = token * Channels;
            ReadOnlySpan<float> cleanRow = _cleanLatent.AsSpan(start, Channels);
            ReadOnlySpan<float> predictionRow = prediction.Slice(start, Channels);
            Span<float> destinationRow = destination.Slice(start, Channels);
            for (int channel = 0; channel < destinationRow.Length; channel++)
            {
                destinationRow[channel] = (predictionRow[channel] * mask) + (cleanRow[channel] * (1f - mask));
            }
        }
    }
}
