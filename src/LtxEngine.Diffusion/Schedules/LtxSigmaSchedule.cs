namespace LtxEngine.Diffusion.Schedules;

/// <summary>
/// The schedule of the undistilled LTX-2 model: evenly spaced sigmas, shifted towards noise, then stretched so that the last one before
/// zero is <see cref="Terminal"/>. Computed in double.
/// </summary>
/// <remarks>
/// σ_i = 1 − i/N; σ' = e^μ / (e^μ + (1/σ − 1)) with μ = tokens·k + b through (1024, <see cref="BaseShift"/>) and (4096, <see cref="MaxShift"/>),
/// not clamped; then over the non-zero values σ'' = 1 − (1−σ')·(1−terminal)/(1−σ'_last). Source: Lightricks LTX-2, LTX2Scheduler.
/// </remarks>
public sealed class LtxSigmaSchedule : ISigmaSchedule
{
    private const double BaseShiftTokens = 1024;
    private const double MaxShiftTokens = 4096;

    /// <summary>
    /// Token count that sets the shift, whatever the size of the clip; null uses the real count.
    /// The 19B reference pipelines always use 4096 (μ = 2.05), which is the default.
    /// </summary>
    public int? ShiftTokens { get; init; } = (int)MaxShiftTokens;

    /// <summary>Shift μ at 4096 tokens. Default 2.05.</summary>
    public double MaxShift { get; init; } = 2.05;

    /// <summary>Shift μ at 1024 tokens. Default 0.95.</summary>
    public double BaseShift { get; init; } = 0.95;

    /// <summary>Whether the schedule is stretched to end in <see cref="Terminal"/>. Default true.</summary>
    public bool Stretch { get; init; } = true;

    /// <summary>The last sigma before zero when stretched, in (0, 1). Default 0.1.</summary>
    public double Terminal { get; init; } = 0.1;

    /// <inheritdoc/>
    public int? FixedSteps => null;

    /// <inheritdoc/>
    public double[] GetSigmas(int steps, int tokenCount)
    {
        Require.InRange(steps, 1, 100_000, nameof(steps));
        Require.Finite(MaxShift, nameof(MaxShift));
        Require.Finite(BaseShift, nameof(BaseShift));
        if (Stretch)
        {
            Require.Between(Terminal, 0, 1, nameof(Terminal));
        }

        int tokens = ShiftTokens ?? tokenCount;
        Require.AtLeast(tokens, 1, nameof(tokenCount));
        double slope = (MaxShift - BaseShift) / (MaxShiftTokens - BaseShiftTokens);
        double shift = (tokens * slope) + (BaseShift - (BaseShiftTokens * slope));

        // 1 − σ' = (1/σ − 1) / (e^μ + (1/σ − 1)) is computed directly: σ' is so near 1 for long clips that the difference would lose digits.
        double exponential = Math.Exp(shift);
        double[] sigmas = new double[steps + 1];
        double lastDistance = Distance(steps - 1, steps, exponential);
        double stretch = Stretch && lastDistance > 0 ? (1 - Terminal) / lastDistance : 1;
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = 1 - (Distance(i, steps, exponential) * stretch);
        }

        SigmaList.Validate(sigmas, nameof(steps));
        return sigmas;
    }

    // For one step the stretch is 0/0; the distance is 0 there and the schedule is [1, 0].
    private static double Distance(int index, int steps, double exponential)
    {
        double odds = (double)index / (steps - index);
        return odds / (exponential + odds);
    }
}
