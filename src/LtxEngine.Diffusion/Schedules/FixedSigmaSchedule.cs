namespace LtxEngine.Diffusion.Schedules;

/// <summary>A literal list of sigmas, used as it is: the distilled model's lists, or your own.</summary>
public sealed class FixedSigmaSchedule : ISigmaSchedule
{
    private readonly double[] _sigmas;

    /// <summary>Takes a list.</summary>
    /// <param name="sigmas">At least 2 values in [0, 1], strictly decreasing; normally ending in 0.</param>
    /// <exception cref="ArgumentException">The list is not a schedule.</exception>
    public FixedSigmaSchedule(params ReadOnlySpan<double> sigmas)
    {
        SigmaList.Validate(sigmas, nameof(sigmas));
        _sigmas = sigmas.ToArray();
    }

    /// <summary>The distilled model's first stage: 8 steps.</summary>
    public static FixedSigmaSchedule DistilledStage1 { get; } = new(1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0.0);

    /// <summary>The second stage of the distilled model, and of the dev model with the distilled LoRA: 3 steps from a noise level of 0.909375.</summary>
    public static FixedSigmaSchedule DistilledStage2 { get; } = new(0.909375, 0.725, 0.421875, 0.0);

    /// <inheritdoc/>
    public int? FixedSteps => _sigmas.Length - 1;

    /// <summary>The list.</summary>
    public ReadOnlySpan<double> Sigmas => _sigmas;

    /// <inheritdoc/>
    public double[] GetSigmas(int steps, int tokenCount)
    {
        if (steps != _sigmas.Length - 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(steps), steps, $"{nameof(steps)} is {steps}; this list of sigmas has {_sigmas.Length - 1} steps. Ask for that many or use another schedule.");
        }

        return [.. _sigmas];
    }
}
