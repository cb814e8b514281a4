using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Tests.Latents;

public sealed class LatentStateTests
{
    [Fact]
    public void Velocity_is_taken_off_by_the_noise_level_of_each_token()
    {
        LatentState state = CreateState();
        float[] denoised = new float[4];
        state.VelocityToDenoised([10, 20, 30, 40], 0.5, denoised);
        Assert.Equal([1 - 5, 2 - 10, 3 - 7.5f, 4 - 10], denoised);
    }

    [Fact]
    public void Velocity_may_be_replaced_in_place()
    {
        LatentState state = CreateState();
        float[] values = [10, 20, 30, 40];
        state.VelocityToDenoised(values, 0.5, values);
        Assert.Equal([-4, -8, -4.5f, -6], values);
    }

    [Fact]
    public void A_blend_weighs_prediction_and_clean_latent_by_the_mask()
    {
        LatentState state = CreateState();
        float[] blended = new float[4];
        state.BlendWithClean([10, 20, 30, 40], blended);
        Assert.Equal([10, 20, (30 + 300) / 2f, (40 + 400) / 2f], blended);
    }

    [Fact]
    public void Token_sigmas_are_the_sigma_times_the_mask()
    {
        float[] sigmas = new float[2];
        CreateState().WriteTokenSigmas(0.8, sigmas);
        Assert.Equal([0.8f, 0.4f], sigmas);
    }

    [Fact]
    public void Spans_of_another_length_are_refused()
    {
        LatentState state = CreateState();
        Assert.Throws<ArgumentException>(() => state.VelocityToDenoised(new float[3], 0.5, new float[4]));
        Assert.Throws<ArgumentException>(() => state.BlendWithClean(new float[4], new float[5]));
        Assert.Throws<ArgumentException>(() => state.WriteTokenSigmas(1, new float[3]));
    }

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(2, 3, 1, 1)]
    [InlineData(2, 0, 1, 1)]
    [InlineData(2, 2, 0, 1)]
    [InlineData(2, 2, 1, 0)]
    [InlineData(2, 2, 1, 4)]
    [InlineData(int.MaxValue, 1, 128, 3)]
    public void Impossible_states_are_refused(int tokens, int baseTokens, int channels, int axes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LatentState(Modality.Video, tokens, baseTokens, channels, axes));

    [Fact]
    public void Streams_cannot_be_swapped()
    {
        LatentState video = new(Modality.Video, 1, 1, 1, 3);
        LatentState audio = new(Modality.Audio, 1, 1, 1, 1);
        Assert.Throws<ArgumentException>(() => new AudioVideoState(audio, null));
        Assert.Throws<ArgumentException>(() => new AudioVideoState(video, video));
        Assert.Equal(1, new AudioVideoState(video, null).Streams.Length);
        Assert.Equal(2, new AudioVideoState(video, audio).Streams.Length);
    }

    // Two tokens of two channels: the first fully denoised, the second by half.
    private static LatentState CreateState()
    {
        LatentState state = new(Modality.Video, 2, 2, 2, 3);
        new float[] { 1, 2, 3, 4 }.CopyTo(state.Latent);
        new float[] { 100, 200, 300, 400 }.CopyTo(state.CleanLatent);
        state.DenoiseMask[1] = 0.5f;
        return state;
    }
}
