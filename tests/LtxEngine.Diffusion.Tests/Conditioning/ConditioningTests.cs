using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Tests.Conditioning;

public sealed class ConditioningTests
{
    // 2 channels, 3 latent frames of 1 x 2 cells
    private static readonly VideoLatentShape Clip = new(2, 3, 1, 2);

    [Fact]
    public void A_replaced_frame_sets_latent_clean_latent_and_mask_of_its_tokens_only()
    {
        LatentState state = InitialStates.CreateVideo(Clip, 24, [new ReplaceLatent(Image(), 1, 0.75)]);
        Assert.Equal(6, state.TokenCount);
        Assert.Equal([0, 0, 0, 0, 1, 3, 2, 4, 0, 0, 0, 0], state.Latent.ToArray());
        Assert.Equal(state.Latent.ToArray(), state.CleanLatent.ToArray());
        Assert.Equal([1, 1, 0.25f, 0.25f, 1, 1], state.DenoiseMask.ToArray());
    }

    [Fact]
    public void Keyframe_tokens_are_appended_and_replace_nothing()
    {
        LatentState state = InitialStates.CreateVideo(Clip, 24, [new KeyframeTokens(Image(), 16, 1)]);
        Assert.Equal((8, 6), (state.TokenCount, state.BaseTokenCount));
        Assert.Equal(new float[12], state.BaseLatent.ToArray());
        Assert.Equal([1, 3, 2, 4], state.Latent[12..].ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 1, 0, 0], state.DenoiseMask.ToArray());
        Assert.Equal((16f / 24, 17f / 24), Time(state, 6));
    }

    [Fact]
    public void Keyframes_of_january_last_eight_frames_and_one_at_the_start()
    {
        KeyframeTokens end = new(Image(), 16, 1, KeyframeTimeExtent.EightFrames);
        KeyframeTokens start = new(Image(), 0, 1, KeyframeTimeExtent.EightFrames);
        LatentState state = InitialStates.CreateVideo(Clip, 24, [end, start]);
        Assert.Equal((16f / 24, 24f / 24), Time(state, 6));
        Assert.Equal((0f, 1f / 24), Time(state, 8));
    }

    [Fact]
    public void Items_are_applied_in_order()
    {
        LatentState state = InitialStates.CreateVideo(Clip, 24, [new ReplaceLatent(Image(), 0, 1), new ReplaceLatent(Image(10), 0, 0.5)]);
        Assert.Equal([10, 30, 20, 40], state.Latent[..4].ToArray());
        Assert.Equal(0.5f, state.DenoiseMask[0]);
    }

    [Fact]
    public void An_initial_latent_is_also_the_clean_latent_outside_the_items()
    {
        float[] initial = [.. Enumerable.Range(1, 12).Select(i => (float)i)];
        LatentState state = InitialStates.CreateVideo(Clip, 24, [], initial);
        Assert.Equal([1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12], state.Latent.ToArray());
        Assert.Equal(state.Latent.ToArray(), state.CleanLatent.ToArray());
    }

    [Fact]
    public void Noise_keeps_tokens_of_full_strength_and_replaces_those_of_none()
    {
        LatentState state = InitialStates.CreateVideo(Clip, 24, [new ReplaceLatent(Image(), 0, 1)]);
        float[] noise = [.. Enumerable.Repeat(9f, 12)];
        InitialStates.AddNoise(state, noise, 1);
        Assert.Equal([1, 3, 2, 4, 9, 9, 9, 9, 9, 9, 9, 9], state.Latent.ToArray());
    }

    [Fact]
    public void Noise_and_latent_weigh_one_together() =>
        Prop.ForAll(
            Gen.Choose(0, 1000).ToArbitrary(),
            Gen.Choose(0, 1000).ToArbitrary(),
            (strength, scale) =>
            {
                ConditioningLatent image = new(new float[] { 5, 5, 5, 5 }, 1);
                LatentState state = InitialStates.CreateVideo(new VideoLatentShape(2, 1, 1, 2), 24, [new ReplaceLatent(image, 0, strength / 1000.0)]);
                InitialStates.AddNoise(state, [5, 5, 5, 5], scale / 1000.0);
                return state.Latent.ToArray().All(value => Math.Abs(value - 5) < 2e-6);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Audio_starts_from_zeros_or_from_a_latent_in_token_order()
    {
        AudioLatentShape shape = new(2, 2, 1);
        LatentState state = InitialStates.CreateAudio(shape, AudioTiming.Default, [1, 2, 3, 4]);
        Assert.Equal([1, 3, 2, 4], state.Latent.ToArray());
        Assert.Equal(new float[4], InitialStates.CreateAudio(shape, AudioTiming.Default).Latent.ToArray());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -0.1)]
    [InlineData(0, 1.1)]
    [InlineData(0, double.NaN)]
    public void Impossible_places_and_strengths_are_refused(int index, double strength)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplaceLatent(Image(), index, strength));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyframeTokens(Image(), index, strength));
    }

    [Fact]
    public void Items_that_do_not_fit_the_clip_are_refused()
    {
        ArgumentException late = Assert.Throws<ArgumentException>(() => InitialStates.CreateVideo(Clip, 24, [new ReplaceLatent(Image(), 3, 1)]));
        Assert.Contains("last place is 2", late.Message, StringComparison.Ordinal);
        ConditioningLatent small = new(new float[3], 1);
        Assert.Throws<ArgumentException>(() => InitialStates.CreateVideo(Clip, 24, [new ReplaceLatent(small, 0, 1)]));
        Assert.Throws<ArgumentException>(() => InitialStates.CreateVideo(Clip, 24, [new KeyframeTokens(small, 0, 1)]));
        Assert.Throws<ArgumentException>(() => InitialStates.CreateVideo(Clip, 24, [], new float[11]));
    }

    [Fact]
    public void Noise_of_another_length_or_scale_is_refused()
    {
        LatentState state = InitialStates.CreateVideo(Clip, 24, []);
        Assert.Throws<ArgumentException>(() => InitialStates.AddNoise(state, new float[11], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => InitialStates.AddNoise(state, new float[12], 1.5));
    }

    private static ConditioningLatent Image(float factor = 1) => new(new[] { factor, 2 * factor, 3 * factor, 4 * factor }, 1);

    private static (float Start, float End) Time(LatentState state, int token) =>
        (state.Positions[token * 2], state.Positions[(token * 2) + 1]);
}
