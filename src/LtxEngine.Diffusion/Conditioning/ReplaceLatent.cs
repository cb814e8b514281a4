using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Conditioning;

/// <summary>Replaces latent frames of the clip by an encoded image or clip; the way of the first frame in image-to-video.</summary>
/// <remarks>Strength 1 keeps the tokens unchanged throughout; between 0 and 1 they start partly noised and are pulled towards the image.</remarks>
internal sealed class ReplaceLatent : IConditioningItem
{
    private readonly ConditioningLatent _latent;
    private readonly int _latentIndex;
    private readonly double _strength;

    /// <summary>Takes what to write where.</summary>
    /// <param name="latent">The encoded image or clip.</param>
    /// <param name="latentIndex">First latent frame to replace, from 0 (a latent frame behind the first stands for 8 frames).</param>
    /// <param name="strength">Strength from 0 (fully noised) to 1 (kept).</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public ReplaceLatent(ConditioningLatent latent, int latentIndex, double strength)
    {
        ArgumentNullException.ThrowIfNull(latent);
        Require.AtLeast(latentIndex, 0, nameof(latentIndex));
        Require.InRange(strength, 0, 1, nameof(strength));
        _latent = latent;
        _latentIndex = latentIndex;
        _strength = strength;
    }

    /// <inheritdoc/>
    public int AppendedTokens(VideoLatentShape shape)
    {
        _latent.RequireFits(shape);
        if (_latentIndex > shape.Frames - _latent.Frames)
        {
            throw new ArgumentException(
                $"A conditioning of {_latent.Frames} latent frames at latent frame {_latentIndex} does not fit a clip of {shape.Frames}; the last place is {shape.Frames - _latent.Frames}.");
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Apply(LatentState state, VideoLatentShape shape, double framesPerSecond, int firstAppendedToken) =>
        _latent.Write(state, _latentIndex * shape.TokensPerFrame, _latent.Frames * shape.TokensPerFrame, _strength);
}
