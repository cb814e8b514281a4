using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Turns sound into the log-mel spectrogram that the audio VAE encodes: resample → short-time Fourier transform (periodic Hann window,
/// centred, reflected at both ends) → magnitude → mel filters → ln(max(x, 10⁻⁵)).
/// </summary>
internal sealed class LogMelFrontEnd
{
    private const double Floor = 1e-5;

    private readonly FourierTransform _transform;
    private readonly double[] _window;

    /// <summary>Prepares window and filters.</summary>
    /// <param name="sampleRate">Samples per second that the spectrogram is made at [16000].</param>
    /// <param name="filterLength">Samples of one Fourier window [1024], a power of two.</param>
    /// <param name="hopLength">Samples between two frames [160].</param>
    /// <param name="melBins">Mel bins [64].</param>
    /// <param name="minimumFrequency">Lowest frequency in Hz [0].</param>
    /// <param name="maximumFrequency">Highest frequency in Hz [8000].</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public LogMelFrontEnd(int sampleRate, int filterLength, int hopLength, int melBins, double minimumFrequency, double maximumFrequency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hopLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(melBins, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumFrequency);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maximumFrequency, minimumFrequency);
        SampleRate = sampleRate;
        HopLength = hopLength;
        MelBins = melBins;
        _transform = new FourierTransform(filterLength);
        _window = new double[filterLength];
        for (int i = 0; i < filterLength; i++)
        {
            _window[i] = 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / filterLength));
        }

        Filters = MelFilterBank.Create(sampleRate, filterLength, melBins, minimumFrequency, maximumFrequency);
    }

    /// <summary>Prepares the front end of a checkpoint's audio VAE.</summary>
    /// <param name="configuration">The audio VAE's configuration.</param>
    public LogMelFrontEnd(AudioVaeConfiguration configuration)
        : this(
            configuration.SampleRate,
            configuration.FilterLength,
            configuration.HopLength,
            configuration.MelBins,
            configuration.MelMinimumFrequency,
            configuration.MelMaximumFrequency)
    {
    }

    /// <summary>Samples per second that the spectrogram is made at.</summary>
    public int SampleRate { get; }

    /// <summary>Samples between two frames.</summary>
    public int HopLength { get; }

    /// <summary>Number of mel bins.</summary>
    public int MelBins { get; }

    /// <summary>The mel filters <c>[filter length / 2 + 1, mel bins]</c>.</summary>
    public HostTensor Filters { get; }

    /// <summary>Changes the sample rate to <see cref="SampleRate"/> (see <see cref="AudioResampler"/>).</summary>
    /// <param name="waveform"><c>[…, samples]</c>.</param>
    /// <param name="sampleRate">The rate of the samples.</param>
    /// <returns><c>[…, ⌈samples · SampleRate / sampleRate⌉]</c>.</returns>
    public HostTensor Resample(HostTensor waveform, int sampleRate) => AudioResampler.Resample(waveform, sampleRate, SampleRate);

    /// <summary>Computes the spectrogram.</summary>
    /// <param name="waveform"><c>[batch, channels, samples]</c> at <see cref="SampleRate"/>; at least half a window and one sample (513).</param>
    /// <returns>Log-mel <c>[batch, channels, 1 + samples / hop, mel bins]</c>.</returns>
    /// <exception cref="ArgumentException">The waveform has another rank or too few samples.</exception>
    public HostTensor Compute(HostTensor waveform)
    {
        ArgumentNullException.ThrowIfNull(waveform);
        int half = _transform.Length / 2;
        if (waveform.Shape.Rank != 3 || waveform.Shape[2] <= half)
        {
            throw new ArgumentException(
                $"The waveform has the shape {waveform.Shape}; [batch, channels, samples] with at least {half + 1} samples at {SampleRate} Hz is needed. Give a longer sound.",
                nameof(waveform));
        }

        int samples = (int)waveform.Shape[2];
        int rows = waveform.Data.Length / samples;
        int frames = 1 + (samples / HopLength);
        HostTensor result = HostTensor.Zeros(waveform.Shape[0], waveform.Shape[1], frames, MelBins);
        double[] real = new double[_transform.Length];
        double[] imaginary = new double[_transform.Length];
        double[] magnitudes = new double[half + 1];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> source = waveform.Data.AsSpan(row * samples, samples);
            for (int frame = 0; frame < frames; frame++)
            {
                int start = (frame * HopLength) - half;
                for (int i = 0; i < real.Length; i++)
                {
                    real[i] = _window[i] * source[Reflect(start + i, samples)];
                }

                Array.Clear(imaginary);
                _transform.Transform(real, imaginary);
                for (int k = 0; k <= half; k++)
                {
                    magnitudes[k] = Math.Sqrt((real[k] * real[k]) + (imaginary[k] * imaginary[k]));
                }

                WriteMel(magnitudes, result.Data.AsSpan(((row * frames) + frame) * MelBins, MelBins));
            }
        }

        return result;
    }

    // Mirrors at the first and last sample without repeating them; the minimum length makes one reflection enough.
    private static int Reflect(int index, int length) => index < 0 ? -index : index >= length ? (2 * (length - 1)) - index : index;

    private void WriteMel(ReadOnlySpan<double> magnitudes, Span<float> mel)
    {
        for (int bin = 0; bin < mel.Length; bin++)
        {
            double sum = 0;
            for (int k = 0; k < magnitudes.Length; k++)
            {
                sum += magnitudes[k] * Filters.Data[(k * MelBins) + bin];
            }

            mel[bin] = (float)Math.Log(Math.Max(sum, Floor));
        }
    }
}
