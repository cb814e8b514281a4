using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>A linear layer by its definition, y = x Wᵀ, summed in double: cases of weight formats need no device.</summary>
internal static class LinearProduct
{
    /// <summary>Multiplies rows by a weight.</summary>
    /// <param name="x">[rows, input].</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="weight">[output, input].</param>
    /// <returns>[rows, output].</returns>
    public static float[] Compute(ReadOnlySpan<float> x, int rows, HostTensor weight)
    {
        int outputs = weight.Shape.Extent(0);
        int inputs = weight.Shape.Extent(1);
        float[] y = new float[rows * outputs];
        for (int row = 0; row < rows; row++)
        {
            for (int output = 0; output < outputs; output++)
            {
                double sum = 0;
                for (int i = 0; i < inputs; i++)
                {
                    sum += (double)x[(row * inputs) + i] * weight.Data[(output * inputs) + i];
                }

                y[(row * outputs) + output] = (float)sum;
            }
        }

        return y;
    }

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, int, HostTensor)"/>
    public static float[] Compute(ReadOnlySpan<float> x, int rows, HostTensorData weight) => Compute(x, rows, weight.Tensor);
}
