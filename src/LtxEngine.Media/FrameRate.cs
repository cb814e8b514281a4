using System.Globalization;
using System.Numerics;

namespace LtxEngine;

/// <summary>An exact frame rate: <see cref="Numerator"/> / <see cref="Denominator"/> frames per second, in lowest terms.</summary>
public readonly record struct FrameRate
{
    private const double NtscTolerance = 5e-4;
    private const double MaxFramesPerSecond = 1000;
    private const int MaxDenominator = 100_000;

    /// <summary>Creates a frame rate.</summary>
    /// <param name="numerator">Frames, 1 … 1,000,000,000.</param>
    /// <param name="denominator">Seconds, 1 … 1,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range or the rate is above 1000 frames per second.</exception>
    public FrameRate(int numerator, int denominator = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numerator, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(numerator, 1_000_000_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(denominator, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(denominator, 1_000_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((double)numerator / denominator, MaxFramesPerSecond, nameof(numerator));
        int divisor = (int)BigInteger.GreatestCommonDivisor(numerator, denominator);
        Numerator = numerator / divisor;
        Denominator = denominator / divisor;
    }

    /// <summary>Frames per <see cref="Denominator"/> seconds.</summary>
    public int Numerator { get; }

    /// <summary>Seconds that <see cref="Numerator"/> frames take.</summary>
    public int Denominator { get; }

    /// <summary>Frames per second as a floating-point number.</summary>
    public double FramesPerSecond => (double)Numerator / Denominator;

    /// <summary>
    /// The rational that a decimal rate means: whole numbers stay whole; a rate within 0.0005 of n·1000/1001 (23.976, 29.97, 59.94 …) is
    /// the broadcast rate 24000/1001, 30000/1001, 60000/1001 …; any other is the fraction with the smallest denominator that equals it.
    /// </summary>
    /// <param name="framesPerSecond">Frames per second, above 0 and at most 1000.</param>
    /// <returns>The exact rate.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a number, not positive or above 1000.</exception>
    public static FrameRate FromDouble(double framesPerSecond)
    {
        if (!(framesPerSecond >= 0.001 && framesPerSecond <= MaxFramesPerSecond))
        {
            throw new ArgumentOutOfRangeException(
                nameof(framesPerSecond), framesPerSecond, "The frame rate must lie between 0.001 and 1000 frames per second.");
        }

        double whole = Math.Round(framesPerSecond);
        if (Math.Abs(framesPerSecond - whole) <= 1e-9 * framesPerSecond)
        {
            return new FrameRate((int)whole);
        }

        double broadcast = Math.Ceiling(framesPerSecond);
        if (broadcast >= 10 && Math.Abs(framesPerSecond - (broadcast * 1000 / 1001)) < NtscTolerance)
        {
            return new FrameRate((int)broadcast * 1000, 1001);
        }

        return NearestFraction(framesPerSecond);
    }

    /// <summary>The duration of a number of frames.</summary>
    /// <param name="frames">Number of frames, 0 or more.</param>
    /// <returns>frames · denominator / numerator seconds, rounded to 100 ns.</returns>
    public TimeSpan DurationOf(long frames) => TimeSpan.FromSeconds((double)frames * Denominator / Numerator);

    /// <summary>The number of audio samples that sound as long as some frames: round(frames · sampleRate · denominator / numerator).</summary>
    /// <param name="frames">Number of frames, 0 or more.</param>
    /// <param name="sampleRate">Samples per second and channel.</param>
    /// <returns>The number of samples per channel.</returns>
    /// <exception cref="OverflowException">The product does not fit 64 bits.</exception>
    public long SamplesIn(long frames, int sampleRate)
    {
        Int128 doubled = (Int128)2 * frames * sampleRate * Denominator;
        return checked((long)((doubled + Numerator) / ((Int128)2 * Numerator)));
    }

    /// <summary>The rate as ffmpeg writes it: <c>24</c> or <c>24000/1001</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Denominator == 1
        ? Numerator.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");

    private static FrameRate NearestFraction(double value)
    {
        // Continued fraction: its convergents are the best fractions of their size, so the first that agrees has the smallest terms.
        long previousNumerator = 1;
        long previousDenominator = 0;
        long numerator = (long)Math.Floor(value);
        long denominator = 1;
        double rest = value - Math.Floor(value);
        while (Math.Abs(((double)numerator / denominator) - value) > 1e-9 * value && rest > 1e-12)
        {
            rest = 1 / rest;
            long term = (long)Math.Floor(rest);
            rest -= term;
            long nextDenominator = (term * denominator) + previousDenominator;
            if (nextDenominator > MaxDenominator)
            {
                break;
            }

            (previousNumerator, numerator) = (numerator, (term * numerator) + previousNumerator);
            (previousDenominator, denominator) = (denominator, nextDenominator);
        }

        return new FrameRate((int)Math.Max(1, numerator), (int)denominator);
    }
}
