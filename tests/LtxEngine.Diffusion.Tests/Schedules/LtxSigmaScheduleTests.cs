using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Diffusion.Tests.Schedules;

public sealed class LtxSigmaScheduleTests
{
    private static readonly double[] EightSteps = [1, 0.965712, 0.921875, 0.863856, 0.783445, 0.664579, 0.471003, 0.1, 0];

    private static readonly double[] TwentySteps =
    [
        1, 0.991467, 0.982119, 0.971835, 0.960465, 0.947829, 0.933702, 0.917805, 0.899781, 0.879175, 0.855387, 0.827620, 0.794783, 0.755350,
        0.707109, 0.646741, 0.569013, 0.465181, 0.319439, 0.1, 0,
    ];

    [Fact]
    public void Eight_and_twenty_steps_have_the_published_values()
    {
        AssertClose(EightSteps, new LtxSigmaSchedule().GetSigmas(8, 6144));
        AssertClose(TwentySteps, new LtxSigmaSchedule().GetSigmas(20, 6144));
    }

    [Fact]
    public void Forty_steps_have_the_published_values_at_both_ends()
    {
        double[] sigmas = new LtxSigmaSchedule().GetSigmas(40, 4096);
        AssertClose([1, 0.996449, 0.992737, 0.988851, 0.984780, 0.980510, 0.976026, 0.971312], sigmas.AsSpan(0, 8));
        AssertClose([0.592384, 0.544771, 0.488430, 0.420719, 0.337809, 0.233936, 0.1, 0], sigmas.AsSpan(sigmas.Length - 8));
    }

    [Fact]
    public void One_step_goes_straight_to_zero() => Assert.Equal([1.0, 0.0], new LtxSigmaSchedule().GetSigmas(1, 4096));

    [Fact]
    public void By_default_the_size_of_the_clip_does_not_matter() =>
        Assert.Equal(new LtxSigmaSchedule().GetSigmas(12, 100), new LtxSigmaSchedule().GetSigmas(12, 50_000));

    [Fact]
    public void With_the_real_token_count_the_shift_grows_with_the_clip()
    {
        LtxSigmaSchedule schedule = new() { ShiftTokens = null };
        double[] small = schedule.GetSigmas(20, 1024);
        double[] large = schedule.GetSigmas(20, 6144);
        for (int i = 1; i < 19; i++)
        {
            Assert.True(large[i] > small[i], $"step {i}");
        }

        Assert.Equal(0.994595647, large[1], 1e-6);
    }

    [Fact]
    public void Every_schedule_falls_strictly_from_one_over_the_terminal_sigma_to_zero() =>
        Prop.ForAll(
            Gen.Choose(2, 200).ToArbitrary(),
            Gen.Choose(1, 60_000).ToArbitrary(),
            (steps, tokens) =>
            {
                double[] sigmas = new LtxSigmaSchedule { ShiftTokens = null }.GetSigmas(steps, tokens);
                return sigmas.Length == steps + 1
                    && sigmas[0] == 1
                    && Math.Abs(sigmas[^2] - 0.1) < 1e-12
                    && sigmas[^1] == 0
                    && sigmas.Zip(sigmas.Skip(1)).All(pair => pair.First > pair.Second);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Without_stretch_the_shifted_values_stay()
    {
        double[] sigmas = new LtxSigmaSchedule { Stretch = false }.GetSigmas(10, 4096);
        Assert.Equal(0.4632602, sigmas[9], 1e-6);
        Assert.Equal(0, sigmas[10]);
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(-3, 4096)]
    [InlineData(100_001, 4096)]
    [InlineData(8, 0)]
    public void Impossible_requests_are_refused(int steps, int tokens) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LtxSigmaSchedule { ShiftTokens = null }.GetSigmas(steps, tokens));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    public void Impossible_terminal_sigmas_are_refused(double terminal)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => new LtxSigmaSchedule { Terminal = terminal }.GetSigmas(8, 4096));
        Assert.Contains("Terminal", error.Message, StringComparison.Ordinal);
    }

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 6e-7);
        }
    }
}
