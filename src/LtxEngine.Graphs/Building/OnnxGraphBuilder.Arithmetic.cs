using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>Element-wise arithmetic, comparisons, activations, products and reductions.</summary>
internal sealed partial class OnnxGraphBuilder
{
    /// <summary><c>a + b</c>, broadcast.</summary>
    public GraphValue Add(GraphValue a, GraphValue b) => Binary("Add", a, b);

    /// <summary><c>a − b</c>, broadcast.</summary>
    public GraphValue Subtract(GraphValue a, GraphValue b) => Binary("Sub", a, b);

    /// <summary><c>a · b</c> element by element, broadcast.</summary>
    public GraphValue Multiply(GraphValue a, GraphValue b) => Binary("Mul", a, b);

    /// <summary><c>a / b</c>, broadcast.</summary>
    public GraphValue Divide(GraphValue a, GraphValue b) => Binary("Div", a, b);

    /// <summary><c>aᵇ</c>, broadcast.</summary>
    public GraphValue Power(GraphValue a, GraphValue b) => Binary("Pow", a, b);

    /// <summary>The larger of two values, broadcast.</summary>
    public GraphValue Maximum(GraphValue a, GraphValue b) => Binary("Max", a, b);

    /// <summary>The smaller of two values, broadcast.</summary>
    public GraphValue Minimum(GraphValue a, GraphValue b) => Binary("Min", a, b);

    /// <summary><c>−x</c>.</summary>
    public GraphValue Negate(GraphValue x) => Unary("Neg", x);

    /// <summary><c>|x|</c>.</summary>
    public GraphValue Absolute(GraphValue x) => Unary("Abs", x);

    /// <summary><c>√x</c>.</summary>
    public GraphValue SquareRoot(GraphValue x) => Unary("Sqrt", x);

    /// <summary><c>1 / x</c>.</summary>
    public GraphValue Reciprocal(GraphValue x) => Unary("Reciprocal", x);

    /// <summary><c>eˣ</c>.</summary>
    public GraphValue Exponential(GraphValue x) => Unary("Exp", x);

    /// <summary>The natural logarithm.</summary>
    public GraphValue Logarithm(GraphValue x) => Unary("Log", x);

    /// <summary><c>sin x</c>.</summary>
    public GraphValue Sine(GraphValue x) => Unary("Sin", x);

    /// <summary><c>cos x</c>.</summary>
    public GraphValue Cosine(GraphValue x) => Unary("Cos", x);

    /// <summary>The hyperbolic tangent.</summary>
    public GraphValue Tanh(GraphValue x) => Unary("Tanh", x);

    /// <summary><c>1 / (1 + e⁻ˣ)</c>.</summary>
    public GraphValue Sigmoid(GraphValue x) => Unary("Sigmoid", x);

    /// <summary><c>max(x, 0)</c>.</summary>
    public GraphValue Relu(GraphValue x) => Unary("Relu", x);

    /// <summary><c>x · sigmoid(x)</c>.</summary>
    public GraphValue Silu(GraphValue x) => Multiply(x, Sigmoid(x));

    /// <summary><c>x</c> where positive, else <c>slope · x</c>.</summary>
    public GraphValue LeakyRelu(GraphValue x, float slope) => Node("LeakyRelu", [x], x.DataType, GraphAttribute.Number("alpha", slope));

    /// <summary>The Gaussian error linear unit: exact (by erf), or <c>0.5x(1 + tanh(√(2/π)(x + 0.044715x³)))</c>.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="tanhApproximation">Whether to use the tanh form.</param>
    public GraphValue Gelu(GraphValue x, bool tanhApproximation) =>
        Node("Gelu", [x], x.DataType, GraphAttribute.Text("approximate", tanhApproximation ? "tanh" : "none"));

    /// <summary>Limits values to a range.</summary>
    public GraphValue Clip(GraphValue x, float minimum, float maximum) =>
        Node("Clip", [x, Constant(x.DataType, [minimum]), Constant(x.DataType, [maximum])], x.DataType);

    /// <summary>Normalised exponentials along one axis.</summary>
    public GraphValue Softmax(GraphValue x, int axis) => Node("Softmax", [x], x.DataType, GraphAttribute.Integer("axis", axis));

    /// <summary>Converts the element type; the value itself when it has that type already.</summary>
    public GraphValue Cast(GraphValue x, DataType dataType) =>
        x.DataType == dataType ? x : Node("Cast", [x], dataType, GraphAttribute.ElementType("to", dataType));

    /// <summary><c>a &lt; b</c>, broadcast.</summary>
    public GraphValue Less(GraphValue a, GraphValue b) => Compare("Less", a, b);

    /// <summary><c>a ≤ b</c>, broadcast.</summary>
    public GraphValue LessOrEqual(GraphValue a, GraphValue b) => Compare("LessOrEqual", a, b);

    /// <summary><c>a &gt; b</c>, broadcast.</summary>
    public GraphValue Greater(GraphValue a, GraphValue b) => Compare("Greater", a, b);

    /// <summary><c>a = b</c>, broadcast.</summary>
    public GraphValue Equal(GraphValue a, GraphValue b) => Compare("Equal", a, b);

    /// <summary>Logical and, broadcast.</summary>
    public GraphValue And(GraphValue a, GraphValue b) => Compare("And", a, b);

    /// <summary>Logical not.</summary>
    public GraphValue Not(GraphValue x) => Unary("Not", x);

    /// <summary><c>a</c> where the condition holds, else <c>b</c>; broadcast.</summary>
    public GraphValue Where(GraphValue condition, GraphValue a, GraphValue b)
    {
        RequireType(condition, DataType.Boolean);
        RequireSameType(a, b);
        return Node("Where", [condition, a, b], a.DataType);
    }

    /// <summary>Matrix product over the last two axes; leading axes are broadcast.</summary>
    public GraphValue MatMul(GraphValue a, GraphValue b) => Binary("MatMul", a, b);

    /// <summary>
    /// <c>x·Wᵀ + bias</c> for a weight stored <c>[out, in]</c>, as linear layers are; the transpose of a constant weight is folded at load.
    /// </summary>
    /// <param name="x">Operand <c>[…, in]</c>.</param>
    /// <param name="weight">Weight <c>[out, in]</c>.</param>
    /// <param name="bias">Bias <c>[out]</c>, or <see cref="GraphValue.None"/>.</param>
    public GraphValue Linear(GraphValue x, GraphValue weight, GraphValue bias)
    {
        GraphValue product = MatMul(x, Transpose(weight, 1, 0));
        return bias.Exists ? Add(product, bias) : product;
    }

    /// <summary><c>alpha·A·B + beta·C</c> for matrices, each of the first two optionally transposed.</summary>
    public GraphValue Gemm(GraphValue a, GraphValue b, GraphValue c, bool transposeA = false, bool transposeB = false, float alpha = 1, float beta = 1)
    {
        RequireSameType(a, b);
        return Node(
            "Gemm",
            [a, b, c],
            a.DataType,
            GraphAttribute.Integer("transA", transposeA ? 1 : 0),
            GraphAttribute.Integer("transB", transposeB ? 1 : 0),
            GraphAttribute.Number("alpha", alpha),
            GraphAttribute.Number("beta", beta));
    }

    /// <summary>The mean over some axes. Over a middle axis its rounding depends on the number of threads (see <see cref="Execution.GraphSession"/>).</summary>
    public GraphValue ReduceMean(GraphValue x, bool keepDimensions, params ReadOnlySpan<long> axes) => Reduce("ReduceMean", x, keepDimensions, axes);

    /// <summary>The sum over some axes.</summary>
    public GraphValue ReduceSum(GraphValue x, bool keepDimensions, params ReadOnlySpan<long> axes) => Reduce("ReduceSum", x, keepDimensions, axes);

    /// <summary>The sum of squares over some axes.</summary>
    public GraphValue ReduceSumSquare(GraphValue x, bool keepDimensions, params ReadOnlySpan<long> axes) => Reduce("ReduceSumSquare", x, keepDimensions, axes);

    /// <summary>The largest value over some axes.</summary>
    public GraphValue ReduceMax(GraphValue x, bool keepDimensions, params ReadOnlySpan<long> axes) => Reduce("ReduceMax", x, keepDimensions, axes);

    /// <summary>The smallest value over some axes.</summary>
    public GraphValue ReduceMin(GraphValue x, bool keepDimensions, params ReadOnlySpan<long> axes) => Reduce("ReduceMin", x, keepDimensions, axes);

    /// <summary>
    /// Root-mean-square normalisation along one axis without a weight: <c>x / √(mean(x²) + epsilon)</c>.
    /// </summary>
    public GraphValue RmsNormalize(GraphValue x, int axis, float epsilon)
    {
        GraphValue meanSquare = ReduceMean(Multiply(x, x), keepDimensions: true, axis);
        return Divide(x, SquareRoot(Add(meanSquare, Constant(x.DataType, [epsilon]))));
    }

    private static void RequireType(GraphValue value, DataType dataType)
    {
        if (value.DataType != dataType)
        {
            throw new ArgumentException($"{value.Name} is {value.DataType}, {dataType} is needed.", nameof(value));
        }
    }

    private static void RequireSameType(GraphValue a, GraphValue b)
    {
        if (a.DataType != b.DataType)
        {
            throw new ArgumentException($"{a.Name} is {a.DataType} and {b.Name} is {b.DataType}: cast one of them.", nameof(b));
        }
    }

    private GraphValue Unary(string operation, GraphValue x) => Node(operation, [x], x.DataType);

    private GraphValue Binary(string operation, GraphValue a, GraphValue b)
    {
        RequireSameType(a, b);
        return Node(operation, [a, b], a.DataType);
    }

    private GraphValue Compare(string operation, GraphValue a, GraphValue b)
    {
        RequireSameType(a, b);
        return Node(operation, [a, b], DataType.Boolean);
    }

    private GraphValue Reduce(string operation, GraphValue x, bool keepDimensions, ReadOnlySpan<long> axes) =>
        Node(operation, [x, Integers(axes)], x.DataType, GraphAttribute.Integer("keepdims", keepDimensions ? 1 : 0));
}
