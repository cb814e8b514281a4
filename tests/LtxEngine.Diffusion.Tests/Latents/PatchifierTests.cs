using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Tests.Latents;

public sealed class PatchifierTests
{
    [Fact]
    public void A_video_token_holds_the_channels_of_one_cell()
    {
        // [2 channels, 1 frame, 2 rows, 2 columns]
        float[] latent = [1, 2, 3, 4, 10, 20, 30, 40];
        float[] tokens = new float[8];
        Patchifier.PatchifyVideo(latent, 2, tokens);
        Assert.Equal([1, 10, 2, 20, 3, 30, 4, 40], tokens);
    }

    [Fact]
    public void An_audio_token_holds_channel_times_bins_plus_bin_of_one_frame()
    {
        // [2 channels, 2 frames, 3 bins]
        float[] latent = [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60];
        float[] tokens = new float[12];
        Patchifier.PatchifyAudio(latent, new AudioLatentShape(2, 2, 3), tokens);
        Assert.Equal([1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60], tokens);
    }

    [Fact]
    public void Video_survives_the_way_there_and_back() =>
        Prop.ForAll(
            Gen.Choose(1, 9).ToArbitrary(),
            Gen.Choose(1, 40).ToArbitrary(),
            (channels, cells) =>
            {
                float[] latent = [.. Enumerable.Range(0, channels * cells).Select(i => (float)i)];
                float[] tokens = new float[latent.Length];
                float[] back = new float[latent.Length];
                Patchifier.PatchifyVideo(latent, channels, tokens);
                Patchifier.UnpatchifyVideo(tokens, channels, back);
                return latent.SequenceEqual(back);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Audio_survives_the_way_there_and_back() =>
        Prop.ForAll(
            Gen.Choose(1, 9).ToArbitrary(),
            Gen.Choose(1, 20).ToArbitrary(),
            Gen.Choose(1, 17).ToArbitrary(),
            (channels, frames, bins) =>
            {
                AudioLatentShape shape = new(channels, frames, bins);
                float[] latent = [.. Enumerable.Range(0, shape.ElementCount).Select(i => (float)i)];
                float[] tokens = new float[latent.Length];
                float[] back = new float[latent.Length];
                Patchifier.PatchifyAudio(latent, shape, tokens);
                Patchifier.UnpatchifyAudio(tokens, shape, back);
                return latent.SequenceEqual(back);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Patchifier.PatchifyVideo(new float[8], 2, new float[7]));
        Assert.Throws<ArgumentException>(() => Patchifier.PatchifyVideo(new float[7], 2, new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Patchifier.UnpatchifyVideo(new float[8], 0, new float[8]));
        Assert.Throws<ArgumentException>(() => Patchifier.PatchifyAudio(new float[11], new AudioLatentShape(2, 2, 3), new float[12]));
        Assert.Throws<ArgumentException>(() => Patchifier.UnpatchifyAudio(new float[12], new AudioLatentShape(2, 2, 3), new float[11]));
    }
}
