using System.Globalization;
using System.Runtime.CompilerServices;

namespace LtxEngine.Diffusion;

/// <summary>Checks of arguments whose messages name the value, the allowed range and what to do.</summary>
internal static class Require
{
    /// <summary>Refuses a value below <paramref name="minimum"/>.</summary>
    public static void AtLeast(long value, long minimum, string name)
    {
        if (value < minimum)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be at least {minimum}."));
        }
    }

    /// <summary>Refuses a value outside the closed range.</summary>
    public static void InRange(long value, long minimum, long maximum, string name)
    {
        if (value < minimum || value > maximum)
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {minimum} to {maximum}."));
        }
    }

    /// <summary>Refuses a value outside the closed range, NaN included.</summary>
    public static void InRange(double value, double minimum, double maximum, string name)
    {
        if (!(value >= minimum && value <= maximum))
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {minimum} to {maximum}."));
        }
    }

    /// <summary>Refuses a value outside the open range, NaN included.</summary>
    public static void Between(double value, double minimum, double maximum, string name)
    {
        if (!(value > minimum && value < maximum))
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must lie between {minimum} and {maximum}."));
        }
    }

    /// <summary>Refuses NaN and infinities.</summary>
    public static void Finite(double value, string name)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be a finite number."));
        }
    }

    /// <summary>Refuses values that are not a finite number above zero.</summary>
    public static void Positive(double value, string name)
    {
        if (!(double.IsFinite(value) && value > 0))
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be a finite number above 0."));
        }
    }

    /// <summary>Refuses a buffer of another length than needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Length(int actual, int expected, string name)
    {
        if (actual != expected)
        {
            ThrowLength(actual, expected, name);
        }
    }

    /// <summary>The product of extents, refused when it does not fit one array.</summary>
    public static int ElementCount(string name, params ReadOnlySpan<int> extents)
    {
        long product = 1;
        foreach (int extent in extents)
        {
            AtLeast(extent, 0, name);
            if (extent != 0 && product > Array.MaxLength / extent)
            {
                throw new ArgumentOutOfRangeException(
                    name, extent, string.Create(CultureInfo.InvariantCulture, $"{name}: {string.Join(" x ", extents.ToArray())} values exceed one buffer ({Array.MaxLength}); choose a smaller size or fewer frames."));
            }

            product *= extent;
        }

        return (int)product;
    }

    private static void ThrowLength(int actual, int expected, string name) =>
        throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} holds {actual} values; {expected} are needed."), name);
}
