using LtxEngine.Checkpoints.Lora;
using LtxEngine.Networks.Weights;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Tests;

/// <summary>Adds a constant to the weight of one layer.</summary>
internal sealed class ConstantDelta(string layer, float value) : IWeightDelta
{
    public string Identity => $"{layer} {value}";

    public float Strength => value;

    public IReadOnlyDictionary<string, int> Ranks { get; } = new Dictionary<string, int>(StringComparer.Ordinal) { [layer] = 1 };

    public LoraTarget Target(string layer1, int outputs, int inputs)
    {
        Assert.Equal(layer, layer1);
        return new LoraTarget(LoraScope.Transformer, layer, Ones(1, inputs), Ones(outputs, 1), Alpha: null);
    }

    private static FloatTensor Ones(int rows, int columns) => new(new TensorShape(rows, columns), [.. Enumerable.Repeat(1f, rows * columns)]);
}
