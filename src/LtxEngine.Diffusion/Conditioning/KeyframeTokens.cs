using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Conditioning;

/// <summary>
/// Appends an encoded image or clip as guide tokens at a pixel frame: the clip attends to them and nothing of it is replaced.
/// The way of an end image and of keyframe interpolation.
/// </summary>
/// <remarks>
/// Latent frame j of the keyframe covers <c>[8j + frame, 8(j+1) + frame)</c> pixel frames; at frame 0 it has the positions of an ordinary clip,
/// whose first latent frame lasts one frame.
/// </remarks>
internal sealed class KeyframeTokens : IConditioningItem
{
    private readonly ConditioningLatent _latent;
    private readonly int _pixelFrame;
    private readonly double _strength;
    private readonly KeyframeTimeExtent _timeExtent;

    /// <summary>Takes what to append where.</summary>
    /// <param name="latent">The encoded image or clip.</param>
    /// <param name="pixelFrame">Frame of the clip that the keyframe stands at, from 0.</param>
    /// <param name="strength">Strength from 0 (fully noised) to 1 (kept).</param>
    /// <param name="timeExtent">How long the keyframe lasts.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public KeyframeTokens(
        ConditioningLatent latent, int pixelFrame, double strength, KeyframeTimeExtent timeExtent = KeyframeTimeExtent.OneFrame)
    {
        ArgumentNullException.ThrowIfNull(latent);
        Require.AtLeast(pixelFrame, 0, nameof(pixelFrame));
        Require.InRange(strength, 0, 1, nameof(strength));
        _latent = latent;
        _pixelFrame = pixelFrame;
        _strength = strength;
        _timeExtent = timeExtent;
    }

    /// <inheritdoc/>
    public int AppendedTokens(VideoLatentShape shape)
    {
        _latent.RequireFits(shape);
        return Require.ElementCount(nameof(_latent.Frames), _latent.Frames, shape.TokensPerFrame);
    }

    /// <inheritdoc/>
    public void Apply(LatentState state, VideoLatentShape shape, double framesPerSecond, int firstAppendedToken)
    {
        _latent.Write(state, firstAppendedToken, _latent.Frames * shape.TokensPerFrame, _strength);
        int scale = shape.Scale.Frames;
        for (int frame = 0; frame < _latent.Frames; frame++)
        {
            double start = ((double)scale * frame) + _pixelFrame;
            double end = start + scale;
            if (_pixelFrame == 0)
            {
                start = Math.Max(0, start - (scale - 1));
                end -= scale - 1;
            }

            if (_timeExtent == KeyframeTimeExtent.OneFrame && _latent.Frames == 1)
            {
                end = start + 1;
            }

            Positions.WriteVideoFrame(
                shape,
                firstAppendedToken + (frame * shape.TokensPerFrame),
                start,
                end,
                framesPerSecond,
                TimePrecision.Float32,
                state.Positions,
                state.TokenCount);
        }
    }
}
