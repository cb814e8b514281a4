namespace LtxEngine.Diffusion.Schedules;

/// <summary>Gives the noise levels that a denoise loop walks through. Implement it to bring your own schedule.</summary>
public interface ISigmaSchedule
{
    /// <summary>The one number of steps this schedule has, or null when it can be asked for any number.</summary>
    int? FixedSteps { get; }

    /// <summary>Computes the sigmas of a loop.</summary>
    /// <param name="steps">Number of steps N, at least 1.</param>
    /// <param name="tokenCount">Number of video tokens of the stage; schedules that do not depend on the size ignore it.</param>
    /// <returns>N + 1 values, strictly decreasing, the first at most 1, normally ending in 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The schedule cannot have that many steps.</exception>
    double[] GetSigmas(int steps, int tokenCount);
}
