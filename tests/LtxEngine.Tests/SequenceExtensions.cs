namespace LtxEngine.Tests;

/// <summary>What tests ask of sequences.</summary>
internal static class SequenceExtensions
{
    /// <summary>Whether no value is below the one before it.</summary>
    public static bool IsNonDecreasing(this IEnumerable<double> values)
    {
        double last = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (value < last)
            {
                return false;
            }

            last = value;
        }

        return true;
    }
}
