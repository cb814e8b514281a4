using LtxEngine.Previews;

namespace LtxEngine.Tests.Previews;

public sealed class LeastSquaresTests
{
    [Fact]
    public void Weights_of_rows_that_are_linear_are_found_again()
    {
        Random random = new(1);
        double[,] weights = { { 1, -2 }, { 0.5, 3 }, { -4, 0.25 }, { 7, -6 } };
        LeastSquares regression = new(inputs: 4, outputs: 2);
        for (int row = 0; row < 50; row++)
        {
            double[] input = [random.NextDouble(), random.NextDouble(), random.NextDouble(), 1];
            regression.Add(input, [.. Enumerable.Range(0, 2).Select(output => Enumerable.Range(0, 4).Sum(i => input[i] * weights[i, output]))]);
        }

        double[] found = regression.Solve(ridge: 1e-12, penalised: 3);

        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(weights[i / 2, i % 2], found[i], 1e-8));
    }

    [Fact]
    public void The_ridge_shrinks_weights_but_not_the_constant()
    {
        // x = ±1 in turn, y = 2x + 10: XᵀX = n, XᵀY = 2n, so w = 2n / (n + λn).
        LeastSquares regression = new(inputs: 2, outputs: 1);
        for (int row = 0; row < 10; row++)
        {
            double x = row % 2 == 0 ? 1 : -1;
            regression.Add([x, 1], [(2 * x) + 10]);
        }

        double[] found = regression.Solve(ridge: 0.25, penalised: 1);

        Assert.Equal(1.6, found[0], 1e-12);
        Assert.Equal(10, found[1], 1e-12);
    }

    [Fact]
    public void Inputs_that_never_differ_from_zero_get_no_weight()
    {
        LeastSquares regression = new(inputs: 2, outputs: 1);
        regression.Add([0, 1], [3]);

        Assert.Equal([0, 3], regression.Solve(ridge: 0.1, penalised: 1));
    }
}
