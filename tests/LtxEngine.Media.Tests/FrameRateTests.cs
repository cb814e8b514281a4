using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace LtxEngine.Media.Tests;

public sealed class FrameRateTests
{
    [Theory]
    [InlineData(24, 24, 1)]
    [InlineData(25, 25, 1)]
    [InlineData(23.976, 24000, 1001)]
    [InlineData(24000.0 / 1001, 24000, 1001)]
    [InlineData(29.97, 30000, 1001)]
    [InlineData(59.94, 60000, 1001)]
    [InlineData(119.88, 120000, 1001)]
    [InlineData(12.5, 25, 2)]
    [InlineData(14.985, 15000, 1001)]
    [InlineData(0.5, 1, 2)]
    [InlineData(33.333333333333336, 100, 3)]
    [InlineData(23.9, 239, 10)]
    public void A_decimal_rate_becomes_the_rational_it_means(double value, int numerator, int denominator)
    {
        FrameRate rate = FrameRate.FromDouble(value);
        Assert.Equal((numerator, denominator), (rate.Numerator, rate.Denominator));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1001)]
    [InlineData(1e-9)]
    public void Impossible_rates_are_refused(double value) => Assert.Throws<ArgumentOutOfRangeException>(() => FrameRate.FromDouble(value));

    [Fact]
    public void Lowest_terms_and_text()
    {
        Assert.Equal(new FrameRate(24), new FrameRate(48, 2));
        Assert.Equal("24", new FrameRate(48, 2).ToString());
        Assert.Equal("24000/1001", new FrameRate(24000, 1001).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameRate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameRate(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameRate(1001));
    }

    [Fact]
    public void Any_rate_is_met_within_the_broadcast_tolerance()
    {
        Prop.ForAll(
            Gen.Choose(1, 1000).SelectMany(n => Gen.Choose(1, 400).Select(d => (n, d))).Where(p => p.n >= p.d).ToArbitrary(),
            p =>
            {
                double value = (double)p.n / p.d;
                return Math.Abs(FrameRate.FromDouble(value).FramesPerSecond - value) <= 5e-4;
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Samples_are_rounded_exactly()
    {
        Assert.Equal(9000, new FrameRate(24).SamplesIn(9, 24000));
        Assert.Equal(121_121, new FrameRate(24000, 1001).SamplesIn(121, 24000));
        Prop.ForAll(
            Gen.Choose(0, 100_000).SelectMany(f => Gen.Choose(1, 60_000).Select(n => (f, n))).ToArbitrary(),
            p =>
            {
                FrameRate rate = new(p.n, 1001);
                long samples = rate.SamplesIn(p.f, 24000);
                BigInteger twice = 2 * new BigInteger(p.f) * 24000 * rate.Denominator;
                BigInteger difference = BigInteger.Abs((2 * new BigInteger(samples) * rate.Numerator) - twice);
                return difference <= rate.Numerator;
            }).QuickCheckThrowOnFailure();
    }
}
