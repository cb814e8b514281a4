using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Conditioning;

/// <summary>An image or clip that the video is to follow, encoded as a normalised latent.</summary>
internal interface IConditioningItem
{
    /// <summary>Tokens that the item appends behind the clip's own.</summary>
    /// <param name="shape">The clip's latent.</param>
    /// <exception cref="ArgumentException">The item does not fit the clip.</exception>
    int AppendedTokens(VideoLatentShape shape);

    /// <summary>Writes the item into latent, clean latent, mask and positions.</summary>
    /// <param name="state">The state, large enough for all appended tokens.</param>
    /// <param name="shape">The clip's latent.</param>
    /// <param name="framesPerSecond">Frame rate of the clip.</param>
    /// <param name="firstAppendedToken">The first token that this item may append to.</param>
    void Apply(LatentState state, VideoLatentShape shape, double framesPerSecond, int firstAppendedToken);
}
