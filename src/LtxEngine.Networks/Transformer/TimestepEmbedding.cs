namespace LtxEngine.Networks.Transformer;

/// <summary>The sinusoid of a timestep: cos(t·f_k) for k = 0 … n−1, then sin(t·f_k), with f_k = exp(−ln(max_period)·k/n), n = width/2.</summary>
internal sealed class TimestepEmbedding
{
    private readonly float[] _frequencies;
    private readonly bool _cosineFirst;

    /// <summary>Computes the frequencies.</summary>
    /// <param name="width">Width of the embedding, even, ≥ 2.</param>
    /// <param name="maxPeriod">The longest period over 2π.</param>
    /// <param name="cosineFirst">Whether the cosines come first (LTX-2) or the sines.</param>
    public TimestepEmbedding(int width, double maxPeriod = 10000, bool cosineFirst = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(width % 2, 0, nameof(width));
        Width = width;
        _cosineFirst = cosineFirst;
        _frequencies = new float[width / 2];
        float factor = (float)-Math.Log(maxPeriod);
        for (int k = 0; k < _frequencies.Length; k++)
        {
            float exponent = factor * k / _frequencies.Length;
            _frequencies[k] = (float)Math.Exp(exponent);
        }
    }

    /// <summary>Width of the embedding.</summary>
    public int Width { get; }

    /// <summary>Computes one embedding.</summary>
    /// <param name="timestep">The timestep, already multiplied (σ·1000).</param>
    /// <param name="destination">Receives <see cref="Width"/> values.</param>
    public void Compute(float timestep, Span<float> destination)
    {
        Span<float> cosines = destination.Slice(_cosineFirst ? 0 : _frequencies.Length, _frequencies.Length);
        Span<float> sines = destination.Slice(_cosineFirst ? _frequencies.Length : 0, _frequencies.Length);
        for (int k = 0; k < _frequencies.Length; k++)
        {
            float angle = timestep * _frequencies[k];
            (double sine, double cosine) = Math.SinCos(angle);
            cosines[k] = (float)cosine;
            sines[k] = (float)sine;
        }
    }
}
