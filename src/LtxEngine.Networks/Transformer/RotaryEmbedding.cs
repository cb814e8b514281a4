using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// Rotary position embedding over one or more axes, as in the original's <c>rope.py</c>:
/// frequency w_j = θ^(j/(n−1))·π/2 for j = 0 … n−1 with n = ⌊width / (2·axes)⌋, fractional position f = p / max_pos,
/// angle(j, axis) = w_j·(2f − 1), list index j·axes + axis, padded in front with the identity up to width/2 pairs.
/// Positions beyond max_pos are not clamped.
/// </summary>
internal sealed class RotaryEmbedding
{
    private readonly float[] _frequencies;
    private readonly float[] _maxPositions;
    private readonly bool _useMiddle;

    /// <summary>Computes the frequencies.</summary>
    /// <param name="width">Width of the rotated rows, all heads together.</param>
    /// <param name="heads">Number of heads; divides the width into an even head size.</param>
    /// <param name="layout">Where the pairs lie.</param>
    /// <param name="theta">θ.</param>
    /// <param name="maxPositions">The position that maps to fraction 1, per axis.</param>
    /// <param name="doublePrecisionGrid">Whether the frequency grid is computed in float64 and rounded once, or in float32.</param>
    /// <param name="useMiddle">Whether a token's position is the middle of its range, or the start.</param>
    public RotaryEmbedding(
        int width,
        int heads,
        RotaryLayout layout,
        double theta,
        ReadOnlySpan<double> maxPositions,
        bool doublePrecisionGrid,
        bool useMiddle = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(width % (2 * heads), 0, nameof(width));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions.Length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2 * maxPositions.Length);
        Width = width;
        Heads = heads;
        Layout = layout;
        Axes = maxPositions.Length;
        _useMiddle = useMiddle;
        _maxPositions = new float[Axes];
        for (int axis = 0; axis < Axes; axis++)
        {
            _maxPositions[axis] = (float)maxPositions[axis];
        }

        _frequencies = new float[width / (2 * Axes)];
        for (int j = 0; j < _frequencies.Length; j++)
        {
            _frequencies[j] = doublePrecisionGrid ? FrequencyFromDoubleGrid(theta, j, _frequencies.Length) : FrequencyFromFloatGrid(theta, j, _frequencies.Length);
        }
    }

    /// <summary>Width of the rotated rows.</summary>
    public int Width { get; }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <summary>Where the pairs lie.</summary>
    public RotaryLayout Layout { get; }

    /// <summary>Number of position axes.</summary>
    public int Axes { get; }

    /// <summary>The frequencies w_j.</summary>
    public ReadOnlySpan<float> Frequencies => _frequencies;

    /// <summary>Computes cosines and sines for the pairs of every token.</summary>
    /// <param name="positions">[axes, tokens, 2]: start and end of each token per axis.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="cosines">Receives [tokens, width/2] in the order of <see cref="IComputeDevice.CreateRotaryTable"/>.</param>
    /// <param name="sines">As <paramref name="cosines"/>.</param>
    public void Compute(ReadOnlySpan<float> positions, int tokens, Span<float> cosines, Span<float> sines)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(positions.Length, checked(Axes * tokens * 2), nameof(positions));
        int pairs = Width / 2;
        ArgumentOutOfRangeException.ThrowIfLessThan(cosines.Length, checked(tokens * pairs), nameof(cosines));
        ArgumentOutOfRangeException.ThrowIfLessThan(sines.Length, tokens * pairs, nameof(sines));
        int padding = pairs - (_frequencies.Length * Axes);
        for (int token = 0; token < tokens; token++)
        {
            cosines.Slice(token * pairs, padding).Fill(1);
            sines.Slice(token * pairs, padding).Clear();
        }

        // A grid of tokens has few distinct positions per axis: sine and cosine are computed once for each.
        Dictionary<int, int> firstTokenOf = [];
        for (int axis = 0; axis < Axes; axis++)
        {
            firstTokenOf.Clear();
            for (int token = 0; token < tokens; token++)
            {
                float u = Normalised(positions, axis, token, tokens);
                int target = (token * pairs) + padding + axis;
                if (firstTokenOf.TryGetValue(BitConverter.SingleToInt32Bits(u), out int first))
                {
                    int source = (first * pairs) + padding + axis;
                    for (int j = 0; j < _frequencies.Length; j++)
                    {
                        cosines[target + (j * Axes)] = cosines[source + (j * Axes)];
                        sines[target + (j * Axes)] = sines[source + (j * Axes)];
                    }

                    continue;
                }

                firstTokenOf.Add(BitConverter.SingleToInt32Bits(u), token);
                for (int j = 0; j < _frequencies.Length; j++)
                {
                    // The angle is an fp32 product as in the original; it reaches ±15708, so its sine is taken in double.
                    float angle = _frequencies[j] * u;
                    (double sine, double cosine) = Math.SinCos(angle);
                    cosines[target + (j * Axes)] = (float)cosine;
                    sines[target + (j * Axes)] = (float)sine;
                }
            }
        }
    }

    /// <summary>Computes the table of a set of tokens on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="positions">[axes, tokens, 2].</param>
    /// <param name="tokens">Number of tokens.</param>
    public DeviceRotaryTable CreateTable(IComputeDevice device, ReadOnlySpan<float> positions, int tokens)
    {
        float[] cosines = new float[checked(tokens * (Width / 2))];
        float[] sines = new float[cosines.Length];
        Compute(positions, tokens, cosines, sines);
        return device.CreateRotaryTable(cosines, sines, tokens, Width, Heads, Layout);
    }

    /// <summary>u = 2·(p / max_pos) − 1 of one token on one axis, each operation rounded to fp32.</summary>
    /// <param name="positions">[axes, tokens, 2].</param>
    /// <param name="axis">The axis.</param>
    /// <param name="token">The token.</param>
    /// <param name="tokens">Number of tokens.</param>
    internal float Normalised(ReadOnlySpan<float> positions, int axis, int token, int tokens)
    {
        int index = ((axis * tokens) + token) * 2;
        float position = _useMiddle ? (positions[index] + positions[index + 1]) / 2f : positions[index];
        float fraction = position / _maxPositions[axis];
        float doubled = fraction * 2f;
        return doubled - 1f;
    }

    private static float FrequencyFromDoubleGrid(double theta, int index, int count)
    {
        double exponent = count == 1 ? 0 : index == count - 1 ? 1 : index * (1.0 / (count - 1));
        return (float)(Math.Pow(theta, exponent) * Math.PI / 2);
    }

    private static float FrequencyFromFloatGrid(double theta, int index, int count)
    {
        // The original's linspace counts from the nearer end.
        float step = count == 1 ? 0 : 1f / (count - 1);
        float exponent = count == 1 ? 0 : index < count / 2 ? step * index : 1f - (step * (count - 1 - index));
        float power = (float)Math.Pow((float)theta, exponent);
        return power * (float)Math.PI / 2f;
    }
}
