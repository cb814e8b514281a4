using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Tests;

public sealed unsafe class TranspositionTests
{
    [Fact]
    public void Rows_become_columns_and_nothing_else_is_touched()
    {
        float** rows = stackalloc float*[33];
        for (int height = 1; height <= 33; height += height < 9 ? 1 : 6)
        {
            foreach (int count in new[] { 1, 3, 4, 5, 31, 32, 33, 70 })
            {
                int stride = height + 3;
                float[] source = new float[height * count];
                float[] destination = new float[(count * stride) + 1];
                Array.Fill(destination, -1f);
                fixed (float* from = source, to = destination)
                {
                    for (int i = 0; i < source.Length; i++)
                    {
                        source[i] = i;
                    }

                    for (int r = 0; r < height; r++)
                    {
                        rows[r] = from + (r * count);
                    }

                    Transposition.Run(rows, height, count, to, stride);
                }

                for (int i = 0; i < destination.Length; i++)
                {
                    int r = i % stride;
                    int k = i / stride;
                    Assert.Equal(r < height && k < count ? (r * count) + k : -1f, destination[i]);
                }
            }
        }
    }
}
