namespace LtxEngine.Graphs.Text;

/// <summary>
/// The rotary tables of Gemma's attention: <c>angle(p, j) = p · θ^(−2j/d) / factor</c> for j = 0 … d/2 − 1, where d is the head's width.
/// The pair (j, j + d/2) of a head is rotated by angle j, so one half-width table serves both halves.
/// </summary>
/// <remarks>
/// As in the reference model: the frequencies are fp32, and so is the product with the position.
/// </remarks>
internal sealed class GemmaRotaryEmbedding
{
    private readonly float[] _frequencies;

    /// <summary>Creates the frequencies.</summary>
    /// <param name="headDimension">d; even.</param>
    /// <param name="theta">θ: 10,000 in local layers, 1,000,000 in global ones.</param>
    /// <param name="linearFactor">1 in local layers, 8 in the global layers of the published model.</param>
    internal GemmaRotaryEmbedding(int headDimension, double theta, double linearFactor)
    {
        _frequencies = new float[headDimension / 2];
        for (int j = 0; j < _frequencies.Length; j++)
        {
            float frequency = (float)(1.0 / Math.Pow(theta, 2.0 * j / headDimension));
            _frequencies[j] = frequency / (float)linearFactor;
        }
    }

    /// <summary>d/2.</summary>
    internal int HalfWidth => _frequencies.Length;

    /// <summary>Writes the rows of consecutive positions.</summary>
    /// <param name="firstPosition">The position of the first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="cosine">Receives <c>[count, d/2]</c>.</param>
    /// <param name="sine">Receives <c>[count, d/2]</c>.</param>
    internal void Write(int firstPosition, int count, Span<float> cosine, Span<float> sine)
    {
        for (int row = 0; row < count; row++)
        {
            float position = firstPosition + row;
            int start = row * HalfWidth;
            for (int j = 0; j < HalfWidth; j++)
            {
                float angle = position * _frequencies[j];
                cosine[start + j] = (float)Math.Cos(angle);
                sine[start + j] = (float)Math.Sin(angle);
            }
        }
    }
}
