namespace LtxEngine.Networks;

/// <summary>Checks of what callers hand to a network.</summary>
internal static class Check
{
    /// <summary>Demands an exact number of values.</summary>
    /// <param name="actual">What came.</param>
    /// <param name="expected">What is needed.</param>
    /// <param name="name">The argument.</param>
    /// <param name="meaning">What the number is made of.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void Length(int actual, int expected, string name, string meaning)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"{name} has {actual} values, {expected} are needed ({meaning}).", name);
        }
    }

    /// <summary>Demands one timestep per token, each finite and from 0 to 1.</summary>
    /// <param name="timesteps">The timesteps.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="name">The argument.</param>
    /// <exception cref="ArgumentException">The number differs or a value is outside.</exception>
    public static void Timesteps(ReadOnlySpan<float> timesteps, int tokens, string name)
    {
        Length(timesteps.Length, tokens, name, "one per token");
        for (int i = 0; i < timesteps.Length; i++)
        {
            if (!(timesteps[i] is >= 0 and <= MaxTimestep))
            {
                throw new ArgumentException($"{name}[{i}] is {timesteps[i]}; timesteps are σ · denoise mask, 0 to 1 (not multiplied by 1000).", name);
            }
        }
    }

    /// <summary>The number of whole rows.</summary>
    /// <param name="length">Number of values.</param>
    /// <param name="width">Values per row.</param>
    /// <param name="name">The argument.</param>
    /// <exception cref="ArgumentException">The last row is incomplete.</exception>
    public static int Rows(int length, int width, string name)
    {
        if (length % width != 0)
        {
            throw new ArgumentException($"{name} has {length} values, which are no whole rows of {width}.", name);
        }

        return length / width;
    }

    /// <summary>1, with room for schedules that overshoot by rounding.</summary>
    private const float MaxTimestep = 1.0001f;
}
