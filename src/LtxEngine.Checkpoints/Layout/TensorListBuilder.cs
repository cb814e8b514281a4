using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>Collects the tensors of one module tree; names are those of the original modules below a prefix.</summary>
/// <param name="prefix">The prefix, with its final dot.</param>
internal sealed class TensorListBuilder(string prefix)
{
    private readonly List<ExpectedTensor> _tensors = [];

    /// <summary>What was collected.</summary>
    public IReadOnlyList<ExpectedTensor> Tensors => _tensors;

    /// <summary>A tensor of its own.</summary>
    public void Tensor(string name, params ReadOnlySpan<long> shape) => _tensors.Add(new ExpectedTensor(prefix + name, new TensorShape(shape)));

    /// <summary>A tensor that may be absent.</summary>
    public void Optional(string name, params ReadOnlySpan<long> shape) =>
        _tensors.Add(new ExpectedTensor(prefix + name, new TensorShape(shape), IsOptional: true));

    /// <summary>A linear layer with bias: weight [output, input], bias [output].</summary>
    public void Linear(string name, long output, long input, bool isQuantisable = false)
    {
        _tensors.Add(new ExpectedTensor($"{prefix}{name}.weight", new TensorShape(output, input), IsQuantisable: isQuantisable));
        Tensor($"{name}.bias", output);
    }

    /// <summary>A convolution with bias: weight [output, input, kernel…], bias [output].</summary>
    public void Convolution(string name, long output, long input, params ReadOnlySpan<long> kernel)
    {
        Tensor($"{name}.weight", [output, input, .. kernel]);
        Tensor($"{name}.bias", output);
    }

    /// <summary>An affine norm: weight and bias of the width.</summary>
    public void AffineNorm(string name, long width)
    {
        Tensor($"{name}.weight", width);
        Tensor($"{name}.bias", width);
    }
}
