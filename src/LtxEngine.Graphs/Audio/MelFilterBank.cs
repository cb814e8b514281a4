using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Triangular mel filters on Slaney's scale with Slaney's area norm: m = 3f/200 below 1 kHz, 15 + 27·ln(f/1000)/ln 6.4 above; bins + 2
/// points equally spaced in m; filter j rises from point j to j+1 and falls to j+2 (in Hz), times 2 / (f(j+2) − f(j)).
/// </summary>
internal static class MelFilterBank
{
    private const double LinearSlope = 200.0 / 3;
    private const double BreakFrequency = 1000;
    private const double BreakMel = BreakFrequency / LinearSlope;
    private const double OctaveRatio = 6.4;
    private const double MelsPerRatio = 27;

    /// <summary>Creates the filters.</summary>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="filterLength">Samples of one Fourier window, even.</param>
    /// <param name="bins">Number of filters.</param>
    /// <param name="minimumFrequency">Where the first filter starts, in Hz.</param>
    /// <param name="maximumFrequency">Where the last filter ends, in Hz.</param>
    /// <returns><c>[filterLength / 2 + 1, bins]</c>.</returns>
    public static HostTensor Create(int sampleRate, int filterLength, int bins, double minimumFrequency, double maximumFrequency)
    {
        double[] points = new double[bins + 2];
        double low = ToMel(minimumFrequency);
        double high = ToMel(maximumFrequency);
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = ToFrequency(low + ((high - low) * i / (bins + 1)));
        }

        int frequencies = (filterLength / 2) + 1;
        HostTensor filters = HostTensor.Zeros(frequencies, bins);
        for (int k = 0; k < frequencies; k++)
        {
            double frequency = (double)k * sampleRate / filterLength;
            for (int j = 0; j < bins; j++)
            {
                double rising = (frequency - points[j]) / (points[j + 1] - points[j]);
                double falling = (points[j + 2] - frequency) / (points[j + 2] - points[j + 1]);
                double weight = Math.Max(0, Math.Min(rising, falling)) * 2 / (points[j + 2] - points[j]);
                filters.Data[(k * bins) + j] = (float)weight;
            }
        }

        return filters;
    }

    private static double ToMel(double frequency) => frequency < BreakFrequency
        ? frequency / LinearSlope
        : BreakMel + (MelsPerRatio * Math.Log(frequency / BreakFrequency) / Math.Log(OctaveRatio));

    private static double ToFrequency(double mel) => mel < BreakMel
        ? mel * LinearSlope
        : BreakFrequency * Math.Exp((mel - BreakMel) * Math.Log(OctaveRatio) / MelsPerRatio);
}
