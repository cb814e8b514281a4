using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Tests;

/// <summary>Adds a constant to the weight of one layer.</summary>
internal sealed class ConstantDelta(string layer, float value) : IWeightDelta
{
    public string Identity => $"{layer} {value}";

    public bool Changes(string layer1) => string.Equals(layer, layer1, StringComparison.Ordinal);

    public void AddTo(string layer1, Span<float> weight, int outputs, int inputs)
    {
        Assert.Equal(outputs * inputs, weight.Length);
        for (int i = 0; i < weight.Length; i++)
        {
            weight[i] += value;
        }
    }
}
