using LtxEngine.Diffusion.Schedules;

/// <summary>Evenly spaced noise levels from 1 down to 0.</summary>
internal sealed class LinearSchedule : ISigmaSchedule
{
    public int? FixedSteps => null;

    public double[] GetSigmas(int steps, int tokenCount)
    {
        double[] sigmas = new double[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = 1 - ((double)i / steps);
        }

        return sigmas;
    }
}
