namespace LtxEngine.Graphs.Building;

/// <summary>Convolutions in one, two or three space axes.</summary>
internal sealed partial class OnnxGraphBuilder
{
    /// <summary>
    /// Convolution (cross-correlation) of <c>[N, in, …]</c> with <c>[out, in/groups, kernel…]</c>.
    /// </summary>
    /// <param name="x">The operand.</param>
    /// <param name="weight">The kernel.</param>
    /// <param name="bias"><c>[out]</c>, or <see cref="GraphValue.None"/>.</param>
    /// <param name="settings">Strides, zero padding, dilations, groups.</param>
    public GraphValue Convolution(GraphValue x, GraphValue weight, GraphValue bias, ConvolutionSettings settings)
    {
        RequireSameType(x, weight);
        return Node("Conv", [x, weight, bias], x.DataType, settings.ToAttributes());
    }

    /// <summary>
    /// Transposed convolution of <c>[N, in, …]</c> with <c>[in, out/groups, kernel…]</c>; output extent
    /// <c>stride·(n − 1) + dilation·(kernel − 1) + 1 − padding + output padding</c>.
    /// </summary>
    /// <param name="x">The operand.</param>
    /// <param name="weight">The kernel.</param>
    /// <param name="bias"><c>[out]</c>, or <see cref="GraphValue.None"/>.</param>
    /// <param name="settings">Strides, cropped padding, dilations, groups, output padding.</param>
    public GraphValue TransposedConvolution(GraphValue x, GraphValue weight, GraphValue bias, ConvolutionSettings settings)
    {
        RequireSameType(x, weight);
        return Node("ConvTranspose", [x, weight, bias], x.DataType, settings.ToAttributes());
    }
}
