using System.Numerics;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Changes the sample rate as torchaudio's <c>functional.resample</c> does with its defaults: a sinc filter under a squared-cosine
/// window of six zero crossings, cut off at 0.99 of the lower Nyquist frequency.
/// </summary>
/// <remarks>
/// With g = gcd(from, to), o = from / g, n = to / g, base = 0.99 · min(o, n), width = ⌈6·o / base⌉: phase p of n and tap k of
/// −width … width + o − 1 have t = clamp((k/o − p/n) · base, −6, 6) and weight sinc(t) · cos²(πt / 12) · base / o.
/// Sample i·n + p of the result is the weighted sum of the samples i·o + k.
/// </remarks>
internal static class AudioResampler
{
    private const int ZeroCrossings = 6;
    private const double Rolloff = 0.99;
    private const int MaxSampleRate = 768_000;

    /// <summary>Changes the sample rate.</summary>
    /// <param name="waveform">Any leading axes, samples last.</param>
    /// <param name="fromRate">The rate of the samples, 1 … 768,000.</param>
    /// <param name="toRate">The wanted rate, 1 … 768,000.</param>
    /// <returns>⌈samples · toRate / fromRate⌉ samples; the operand itself where the rates are equal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rate is outside its range.</exception>
    public static HostTensor Resample(HostTensor waveform, int fromRate, int toRate)
    {
        ArgumentNullException.ThrowIfNull(waveform);
        CheckRate(fromRate, nameof(fromRate));
        CheckRate(toRate, nameof(toRate));
        if (fromRate == toRate)
        {
            return waveform;
        }

        int divisor = (int)BigInteger.GreatestCommonDivisor(fromRate, toRate);
        int step = fromRate / divisor;
        int phases = toRate / divisor;
        double cutoff = Rolloff * Math.Min(step, phases);
        int width = (int)Math.Ceiling(ZeroCrossings * step / cutoff);
        int taps = (2 * width) + step;
        double[] filters = CreateFilters(step, phases, cutoff, width, taps);

        int length = (int)waveform.Shape[waveform.Shape.Rank - 1];
        int rows = length == 0 ? 0 : waveform.Data.Length / length;
        int resultLength = checked((int)((((long)phases * length) + step - 1) / step));
        float[] result = new float[checked(rows * resultLength)];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> source = waveform.Data.AsSpan(row * length, length);
            Span<float> target = result.AsSpan(row * resultLength, resultLength);
            for (int i = 0; i < target.Length; i++)
            {
                (int position, int phase) = Math.DivRem(i, phases);
                target[i] = (float)Filter(source, filters.AsSpan(phase * taps, taps), (position * step) - width);
            }
        }

        long[] dimensions = [.. waveform.Shape.Dimensions[..^1], resultLength];
        return new HostTensor(new TensorShape(dimensions), result);
    }

    private static double[] CreateFilters(int step, int phases, double cutoff, int width, int taps)
    {
        double[] filters = new double[checked(phases * taps)];
        for (int phase = 0; phase < phases; phase++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                double t = Math.Clamp((((double)(tap - width) / step) - ((double)phase / phases)) * cutoff, -ZeroCrossings, ZeroCrossings);
                double window = Math.Cos(Math.PI * t / (2 * ZeroCrossings));
                double sinc = t == 0 ? 1 : Math.Sin(Math.PI * t) / (Math.PI * t);
                filters[(phase * taps) + tap] = sinc * window * window * cutoff / step;
            }
        }

        return filters;
    }

    private static double Filter(ReadOnlySpan<float> source, ReadOnlySpan<double> filter, int start)
    {
        double sum = 0;
        int first = Math.Max(0, -start);
        int end = Math.Min(filter.Length, source.Length - start);
        for (int tap = first; tap < end; tap++)
        {
            sum += filter[tap] * source[start + tap];
        }

        return sum;
    }

    private static void CheckRate(int rate, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rate, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, MaxSampleRate, name);
    }
}
