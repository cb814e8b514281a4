using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Prompting;

namespace LtxEngine.Tests.Prompting;

public sealed class TokenSamplerTests
{
    private static readonly TokenSamplingSettings Plain = new() { Temperature = 1, TopK = 0, TopP = 1 };

    [Fact]
    public void Without_filters_the_probabilities_are_the_softmax()
    {
        float[] probabilities = Probabilities(Plain, [0, MathF.Log(2), MathF.Log(5)]);
        Assert.Equal([0.125f, 0.25f, 0.625f], probabilities, (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void The_temperature_divides_the_logits()
    {
        float[] probabilities = Probabilities(Plain with { Temperature = 0.5 }, [0, MathF.Log(2)]);
        Assert.Equal(0.8f, probabilities[1], 1e-6f);
    }

    [Fact]
    public void Ids_equal_to_the_last_of_top_k_stay()
    {
        float[] probabilities = Probabilities(Plain with { TopK = 2 }, [1, 3, 1, 0, 1]);
        Assert.Equal([true, true, true, false, true], probabilities.Select(p => p > 0));
    }

    [Theory]
    [InlineData(0.001, 1)]
    [InlineData(0.5, 1)]
    [InlineData(0.51, 2)]
    [InlineData(0.76, 3)]
    [InlineData(1.0, 4)]
    public void Top_p_keeps_ids_while_the_mass_before_them_is_smaller(double topP, int kept)
    {
        // Probabilities 1/2, 1/4, 1/8, 1/8: powers of two, so that the sums are exact.
        float[] logits = [MathF.Log(4), MathF.Log(2), 0, 0];
        float[] probabilities = Probabilities(Plain with { TopP = topP == 0.5 ? 0.4999999 : topP }, logits);
        Assert.Equal(kept, probabilities.Count(p => p > 0));
        Assert.Equal(1, probabilities.Sum(p => (double)p), 1e-6);
    }

    [Fact]
    public void Every_id_is_drawn_as_often_as_its_probability_says()
    {
        TokenSampler sampler = new(Plain);
        float[] logits = [0, MathF.Log(2), MathF.Log(5)];
        int[] counts = new int[3];
        const int Draws = 8000;
        for (int i = 0; i < Draws; i++)
        {
            counts[sampler.Sample(logits, (i + 0.5) / Draws)]++;
        }

        Assert.Equal([1000.0, 2000, 5000], counts.Select(c => (double)c), (a, b) => Math.Abs(a - b) <= 1);
    }

    [Fact]
    public void A_drawn_id_always_has_a_probability_above_zero() =>
        Prop.ForAll(
            Gen.Choose(-500, 500).Select(v => v / 50f).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary(),
            Gen.Choose(0, 999_999).Select(v => v / 1e6).ToArbitrary(),
            Gen.Choose(0, 8).ToArbitrary(),
            (logits, uniform, topK) =>
            {
                TokenSamplingSettings settings = new() { TopK = topK, TopP = 0.9 };
                float[] probabilities = Probabilities(settings, logits);
                int id = new TokenSampler(settings).Sample(logits, uniform);
                return probabilities[id] > 0 && Math.Abs(probabilities.Sum(p => (double)p) - 1) < 1e-5
                    && probabilities.Max() == probabilities[Array.IndexOf(logits, logits.Max())];
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_no_numbers_are_refused(float value) =>
        Assert.Throws<InvalidOperationException>(() => new TokenSampler(Plain).Sample([0, value], 0.5));

    [Fact]
    public void Masked_logits_are_never_drawn_and_all_masked_is_refused()
    {
        Assert.Equal(1, new TokenSampler(Plain).Sample([float.NegativeInfinity, -1e30f], 0.999));
        Assert.Throws<InvalidOperationException>(() => new TokenSampler(Plain).Sample([float.NegativeInfinity], 0.5));
    }

    [Theory]
    [InlineData(0, 1, 1, "Temperature")]
    [InlineData(double.NaN, 1, 1, "Temperature")]
    [InlineData(1, -1, 1, "TopK")]
    [InlineData(1, 1, 0, "TopP")]
    [InlineData(1, 1, 1.01, "TopP")]
    public void Settings_out_of_range_are_refused_by_name(double temperature, int topK, double topP, string name)
    {
        TokenSamplingSettings settings = new() { Temperature = temperature, TopK = topK, TopP = topP };
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSampler(settings)).ParamName);
    }

    private static float[] Probabilities(TokenSamplingSettings settings, float[] logits)
    {
        float[] probabilities = new float[logits.Length];
        new TokenSampler(settings).WriteProbabilities(logits, probabilities);
        return probabilities;
    }
}
