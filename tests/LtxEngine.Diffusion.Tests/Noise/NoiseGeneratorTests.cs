using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Diffusion.Tests.Noise;

public sealed class NoiseGeneratorTests
{
    [Fact]
    public void The_twister_gives_the_numbers_of_its_authors()
    {
        MersenneTwister random = new(5489);
        Assert.Equal([3499211612, 581869302, 3890346734, 3586334585, 545404204], Enumerable.Range(0, 5).Select(_ => random.NextUInt32()).ToArray());
        for (int i = 5; i < 9999; i++)
        {
            random.NextUInt32();
        }

        // The C++ standard fixes the ten-thousandth word of the default seed.
        Assert.Equal(4123659995u, random.NextUInt32());
    }

    [Fact]
    public void Only_the_low_32_bits_of_a_seed_matter()
    {
        Assert.Equal(Draw(-1, 40), Draw(uint.MaxValue, 40));
        Assert.Equal(Draw(7, 40), Draw((1L << 40) + 7, 40));
        Assert.NotEqual(Draw(7, 40), Draw(8, 40));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(2000)]
    public void A_saved_generator_goes_on_where_it_stood(int drawn)
    {
        NoiseGenerator whole = new(11);
        whole.Fill(new float[drawn]);
        NoiseGenerator restored = new(whole.SaveState());
        float[] few = new float[3];
        double[] many = new double[700];
        whole.Fill(few);
        whole.Fill(many);
        float[] restoredFew = new float[3];
        double[] restoredMany = new double[700];
        restored.Fill(restoredFew);
        restored.Fill(restoredMany);

        Assert.Equal(few, restoredFew);
        Assert.Equal(many, restoredMany);
    }

    [Fact]
    public void A_kept_number_survives_a_large_draw()
    {
        NoiseGenerator whole = new(3);
        float[] six = new float[6];
        whole.Fill(six);

        NoiseGenerator split = new(3);
        float[] three = new float[3];
        split.Fill(three);
        Assert.Equal(six[..3], three);
        split.Fill(new float[32]);
        float[] next = new float[1];
        split.Fill(next);
        Assert.Equal(six[3], next[0]);
    }

    [Fact]
    public void A_remainder_is_covered_by_a_fresh_block_over_the_last_sixteen()
    {
        // 17 values take 17 words and then 16 more: the next small draw continues at word 33.
        NoiseGenerator generator = new(11);
        float[] values = new float[17];
        generator.Fill(values);
        MersenneTwister words = new(11);
        float first = Uniform(words);
        for (int i = 1; i < 8; i++)
        {
            Uniform(words);
        }

        float angle = Uniform(words);
        Assert.Equal(MathF.Sqrt(-2 * MathF.Log(1 - first)) * MathF.Cos(MathF.Tau * angle), values[0]);
        for (int i = 9; i < 17; i++)
        {
            Uniform(words);
        }

        float freshFirst = Uniform(words);
        for (int i = 1; i < 8; i++)
        {
            Uniform(words);
        }

        float freshAngle = Uniform(words);
        Assert.Equal(MathF.Sqrt(-2 * MathF.Log(1 - freshFirst)) * MathF.Cos(MathF.Tau * freshAngle), values[1]);
        Assert.Equal(MathF.Sqrt(-2 * MathF.Log(1 - freshFirst)) * MathF.Sin(MathF.Tau * freshAngle), values[9]);
    }

    [Fact]
    public void Draws_follow_the_normal_distribution()
    {
        float[] values = Draw(42, 1 << 18);
        double mean = values.Average();
        double variance = values.Average(value => (value - mean) * (value - mean));
        double kurtosis = values.Average(value => Math.Pow(value - mean, 4)) / (variance * variance);
        Assert.InRange(mean, -0.006, 0.006);
        Assert.InRange(variance, 0.99, 1.01);
        Assert.InRange(kurtosis, 2.95, 3.05);
        Assert.All(values, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Standardised_noise_has_mean_zero_and_unbiased_deviation_one()
    {
        double[] values = new double[1000];
        new NoiseGenerator(1).Fill(values);
        NoiseStandardisation.Apply(values, batch: 2);
        foreach (double[] item in values.Chunk(500))
        {
            Assert.Equal(0, item.Average(), 1e-12);
            Assert.Equal(1, item.Sum(value => value * value) / 499, 1e-12);
        }
    }

    private static float[] Draw(long seed, int count)
    {
        float[] values = new float[count];
        new NoiseGenerator(seed).Fill(values);
        return values;
    }

    private static float Uniform(MersenneTwister random) => (random.NextUInt32() & 0xFFFFFF) / 16777216f;
}
