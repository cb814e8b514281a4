using System.Globalization;
using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Verification.Components;

/// <summary>Noise that a case brings along: inputs <c>noise_0</c>, <c>noise_1</c>, … in the order in which they are drawn.</summary>
/// <param name="referenceCase">The case.</param>
internal sealed class StoredNoise(ReferenceCase referenceCase) : INoiseSource
{
    private int _next;

    /// <inheritdoc/>
    public void Fill(Span<float> destination) => Next(destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public void Fill(Span<double> destination)
    {
        float[] values = Next(destination.Length);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = values[i];
        }
    }

    private float[] Next(int length)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"noise_{_next++}");
        float[] values = referenceCase.Input(name).Data;
        return values.Length == length
            ? values
            : throw new FormatException($"{name} holds {values.Length} values where {length} are drawn: the order of the draws is another.");
    }
}
