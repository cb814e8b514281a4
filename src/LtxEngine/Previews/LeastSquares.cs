using System.Numerics.Tensors;

namespace LtxEngine.Previews;

/// <summary>
/// Ridge regression with several targets by the normal equations, in double: <c>(XᵀX + λ·n·I)·W = XᵀY</c>, solved by Cholesky's decomposition.
/// Takes one row after the other, so memory does not grow with their number n.
/// </summary>
/// <param name="inputs">Values of a row of X.</param>
/// <param name="outputs">Values of a row of Y.</param>
internal sealed class LeastSquares(int inputs, int outputs)
{
    /// <summary>The lower triangle of XᵀX.</summary>
    private readonly double[] _products = new double[checked(inputs * inputs)];

    /// <summary>XᵀY.</summary>
    private readonly double[] _moments = new double[checked(inputs * outputs)];

    private int _rows;

    /// <summary>Takes a row.</summary>
    /// <param name="input">Its values in X.</param>
    /// <param name="output">Its values in Y.</param>
    public void Add(ReadOnlySpan<double> input, ReadOnlySpan<double> output)
    {
        _rows++;
        for (int i = 0; i < inputs; i++)
        {
            AddScaled(Row(_products, inputs, i)[..(i + 1)], input[..(i + 1)], input[i]);
            AddScaled(Row(_moments, outputs, i), output, input[i]);
        }
    }

    /// <summary>Solves for W.</summary>
    /// <param name="ridge">λ, above 0: there is one solution then, whatever the rows are.</param>
    /// <param name="penalised">Inputs, from the first, that λ keeps small; the others, such as a constant, may take any weight.</param>
    /// <returns>W [inputs, outputs].</returns>
    public double[] Solve(double ridge, int penalised)
    {
        double[] lower = (double[])_products.Clone();
        for (int i = 0; i < penalised; i++)
        {
            lower[(i * inputs) + i] += ridge * _rows;
        }

        Decompose(lower);
        double[] solution = (double[])_moments.Clone();
        for (int i = 0; i < inputs; i++)
        {
            Span<double> row = Row(solution, outputs, i);
            for (int k = 0; k < i; k++)
            {
                AddScaled(row, Row(solution, outputs, k), -lower[(i * inputs) + k]);
            }

            TensorPrimitives.Divide(row, lower[(i * inputs) + i], row);
        }

        for (int i = inputs - 1; i >= 0; i--)
        {
            Span<double> row = Row(solution, outputs, i);
            for (int k = i + 1; k < inputs; k++)
            {
                AddScaled(row, Row(solution, outputs, k), -lower[(k * inputs) + i]);
            }

            TensorPrimitives.Divide(row, lower[(i * inputs) + i], row);
        }

        return solution;
    }

    /// <summary>Overwrites the lower triangle of A with that of L, A = L·Lᵀ.</summary>
    private void Decompose(double[] lower)
    {
        for (int i = 0; i < inputs; i++)
        {
            Span<double> row = Row(lower, inputs, i);
            for (int j = 0; j < i; j++)
            {
                Span<double> other = Row(lower, inputs, j);
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], other[..j])) / other[j];
            }

            row[i] = Math.Sqrt(row[i] - TensorPrimitives.Dot<double>(row[..i], row[..i]));
        }
    }

    private static Span<double> Row(double[] matrix, int columns, int row) => matrix.AsSpan(row * columns, columns);

    private static void AddScaled(Span<double> target, ReadOnlySpan<double> values, double factor) =>
        TensorPrimitives.MultiplyAdd(values, factor, target, target);
}
