using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Conditioning;

/// <summary>An encoded image or clip at the size of the stage: <c>[channels, frames, height, width]</c>, normalised.</summary>
/// <param name="Values">The values, row-major.</param>
/// <param name="Frames">Latent frames, at least 1.</param>
internal sealed record ConditioningLatent(ReadOnlyMemory<float> Values, int Frames)
{
    /// <summary>Refuses a latent whose size is not that of the clip's frames.</summary>
    /// <param name="shape">The clip's latent.</param>
    /// <exception cref="ArgumentException">The number of values is another.</exception>
    public void RequireFits(VideoLatentShape shape)
    {
        Require.AtLeast(Frames, 1, nameof(Frames));
        int expected = Require.ElementCount(nameof(Frames), shape.Channels, Frames, shape.Height, shape.Width);
        if (Values.Length != expected)
        {
            throw new ArgumentException(
                $"The conditioning latent holds {Values.Length} values; {shape.Channels} x {Frames} x {shape.Height} x {shape.Width} = {expected} are needed. Encode the image at the size of the stage.");
        }
    }

    /// <summary>Writes the tokens to latent and clean latent and sets their mask.</summary>
    /// <param name="state">The state.</param>
    /// <param name="firstToken">First token to write.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="strength">Strength in [0, 1]; the mask becomes 1 − strength.</param>
    public void Write(LatentState state, int firstToken, int tokens, double strength)
    {
        Span<float> clean = state.CleanLatent.Slice(firstToken * state.Channels, tokens * state.Channels);
        Patchifier.PatchifyVideo(Values.Span, state.Channels, clean);
        clean.CopyTo(state.Latent[(firstToken * state.Channels)..]);
        state.DenoiseMask.Slice(firstToken, tokens).Fill((float)(1 - strength));
    }
}
