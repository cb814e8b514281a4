namespace LtxEngine.Tests;

public sealed class GenerationProgressTests
{
    [Fact]
    public void The_fraction_counts_steps_passes_and_blocks()
    {
        GenerationProgress progress = new()
        {
            Stage = GenerationStage.Denoising,
            Step = 2,
            Steps = 4,
            Pass = 1,
            Passes = 2,
            Block = 3,
            Blocks = 6,
            StageElapsed = TimeSpan.FromSeconds(11),
        };

        Assert.Equal((2 + 0.75) / 4, progress.StageFraction, 12);
        Assert.Equal(5, progress.StageRemaining!.Value.TotalSeconds, 9);
    }

    [Fact]
    public void The_time_left_is_unknown_at_the_begin_and_zero_at_the_end()
    {
        Assert.Null(new GenerationProgress { Stage = GenerationStage.Denoising, Steps = 4 }.StageRemaining);
        Assert.Equal(TimeSpan.Zero, new GenerationProgress { Stage = GenerationStage.Denoising, Step = 4, Steps = 4 }.StageRemaining);
    }
}
