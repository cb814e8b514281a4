namespace LtxEngine.Graphs.Audio;

/// <summary>The discrete Fourier transform of a fixed power-of-two length, in double (radix 2, in place).</summary>
internal sealed class FourierTransform
{
    private readonly int[] _reversed;
    private readonly double[] _cosines;
    private readonly double[] _sines;

    /// <summary>Prepares the tables.</summary>
    /// <param name="length">A power of two, 2 … 2²⁰.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is no power of two or outside the range.</exception>
    public FourierTransform(int length)
    {
        if (length < 2 || length > 1 << 20 || !int.IsPow2(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "The window of the Fourier transform must be a power of two between 2 and 2^20 samples.");
        }

        Length = length;
        int bits = int.Log2(length);
        _reversed = new int[length];
        for (int i = 0; i < length; i++)
        {
            _reversed[i] = (_reversed[i >> 1] >> 1) | ((i & 1) << (bits - 1));
        }

        _cosines = new double[length / 2];
        _sines = new double[length / 2];
        for (int i = 0; i < length / 2; i++)
        {
            (_sines[i], _cosines[i]) = Math.SinCos(-2 * Math.PI * i / length);
        }
    }

    /// <summary>The number of samples.</summary>
    public int Length { get; }

    /// <summary>Transforms in place: X(k) = Σ x(n) · exp(−2πi·kn / length).</summary>
    /// <param name="real">Real parts, <see cref="Length"/> of them.</param>
    /// <param name="imaginary">Imaginary parts, <see cref="Length"/> of them.</param>
    public void Transform(Span<double> real, Span<double> imaginary)
    {
        for (int i = 0; i < Length; i++)
        {
            int j = _reversed[i];
            if (i < j)
            {
                (real[i], real[j]) = (real[j], real[i]);
                (imaginary[i], imaginary[j]) = (imaginary[j], imaginary[i]);
            }
        }

        for (int half = 1; half < Length; half *= 2)
        {
            int stride = Length / (2 * half);
            for (int start = 0; start < Length; start += 2 * half)
            {
                for (int k = 0; k < half; k++)
                {
                    int upper = start + k;
                    int lower = upper + half;
                    double cosine = _cosines[k * stride];
                    double sine = _sines[k * stride];
                    double r = (real[lower] * cosine) - (imaginary[lower] * sine);
                    double i = (real[lower] * sine) + (imaginary[lower] * cosine);
                    real[lower] = real[upper] - r;
                    imaginary[lower] = imaginary[upper] - i;
                    real[upper] += r;
                    imaginary[upper] += i;
                }
            }
        }
    }
}
