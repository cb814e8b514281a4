using System.Globalization;

namespace LtxEngine.Diffusion.Schedules;

/// <summary>What every list of sigmas must fulfil.</summary>
internal static class SigmaList
{
    /// <summary>Refuses lists that a sampler cannot walk: fewer than two values, outside [0, 1], not strictly decreasing.</summary>
    /// <param name="sigmas">The list.</param>
    /// <param name="name">Name of the argument for the error.</param>
    /// <exception cref="ArgumentException">The list is not a schedule.</exception>
    public static void Validate(ReadOnlySpan<double> sigmas, string name)
    {
        if (sigmas.Length < 2)
        {
            throw new ArgumentException($"{name} holds {sigmas.Length} sigmas; a loop needs at least 2 (start and end).", name);
        }

        for (int i = 0; i < sigmas.Length; i++)
        {
            if (!(sigmas[i] >= 0 && sigmas[i] <= 1))
            {
                throw new ArgumentException(Describe(name, i, sigmas[i], "it must be from 0 to 1"), name);
            }

            if (i > 0 && sigmas[i] >= sigmas[i - 1])
            {
                throw new ArgumentException(Describe(name, i, sigmas[i], "each sigma must be smaller than the one before"), name);
            }
        }
    }

    private static string Describe(string name, int index, double value, string rule) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: sigma {index} is {value}; {rule}.");
}
