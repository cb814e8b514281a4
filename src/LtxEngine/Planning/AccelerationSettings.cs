namespace LtxEngine.Planning;

/// <summary>Where in the schedule, and how readily, a denoise loop reuses what earlier steps computed.</summary>
/// <param name="Threshold">Largest relative change of what the transformer's first block adds, for the other blocks to be skipped.</param>
/// <param name="MostInARow">Steps that may be skipped one after the other.</param>
/// <param name="FirstShare">Share of the steps at the beginning that are always computed: there the scene is decided.</param>
/// <param name="LastSteps">Steps at the end that are always computed: there the details are.</param>
internal sealed record AccelerationSettings(double Threshold, int MostInARow, double FirstShare, int LastSteps)
{
    /// <summary>Schedules of so few steps (the distilled ones) change too much from step to step to reuse anything.</summary>
    public const int TooFewSteps = 8;

    /// <summary>The settings of a level, chosen by the measurements of <c>docs/acceleration.md</c>; null computes everything.</summary>
    /// <param name="level">The level.</param>
    public static AccelerationSettings? Of(AccelerationLevel level) => level switch
    {
        AccelerationLevel.Regular => new AccelerationSettings(0.08, 1, 0.2, 2),
        AccelerationLevel.High => new AccelerationSettings(0.15, 2, 0.2, 2),
        AccelerationLevel.Full => new AccelerationSettings(0.3, 4, 0.1, 1),
        _ => null,
    };

    /// <summary>Whether a step may be skipped.</summary>
    /// <param name="step">Its index.</param>
    /// <param name="steps">Number of steps.</param>
    public bool MayReuse(int step, int steps) => step >= Math.Ceiling(FirstShare * steps) && step < steps - LastSteps;
}
