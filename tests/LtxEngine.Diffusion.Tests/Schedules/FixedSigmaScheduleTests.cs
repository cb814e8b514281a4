using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Diffusion.Tests.Schedules;

public sealed class FixedSigmaScheduleTests
{
    [Fact]
    public void The_distilled_lists_are_the_published_ones()
    {
        Assert.Equal([1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0], FixedSigmaSchedule.DistilledStage1.GetSigmas(8, 0));
        Assert.Equal([0.909375, 0.725, 0.421875, 0], FixedSigmaSchedule.DistilledStage2.GetSigmas(3, 0));
        Assert.Equal(8, FixedSigmaSchedule.DistilledStage1.FixedSteps);
        Assert.Equal(3, FixedSigmaSchedule.DistilledStage2.FixedSteps);
    }

    [Fact]
    public void A_caller_cannot_change_the_list()
    {
        FixedSigmaSchedule schedule = new(1, 0.5, 0);
        schedule.GetSigmas(2, 0)[1] = 7;
        Assert.Equal([1, 0.5, 0], schedule.GetSigmas(2, 0));
    }

    [Fact]
    public void Another_number_of_steps_is_refused_with_the_right_one()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => FixedSigmaSchedule.DistilledStage1.GetSigmas(9, 0));
        Assert.Contains("has 8 steps", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData(1.0)]
    [InlineData(1.0, 1.0)]
    [InlineData(0.5, 0.6, 0.0)]
    [InlineData(1.5, 0.5)]
    [InlineData(1.0, -0.1)]
    [InlineData(double.NaN, 0.0)]
    [InlineData(1.0, double.NaN)]
    public void Lists_that_no_sampler_can_walk_are_refused(params double[] sigmas) =>
        Assert.Throws<ArgumentException>(() => new FixedSigmaSchedule(sigmas));
}
