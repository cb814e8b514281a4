using LtxEngine.Tensors;

namespace LtxEngine.Previews;

/// <summary>A picture as the video VAE knows it and as it looks.</summary>
/// <param name="Latent">The normalised latent [1, C, 1, rows, columns].</param>
/// <param name="Pixels">What the decoder makes of it [1, 3, 1, height, width], nominally in [−1, 1].</param>
internal sealed record PreviewSample(HostTensor Latent, HostTensor Pixels)
{
    /// <summary>Cells in a row.</summary>
    public int Columns => Latent.Shape.Extent(4);

    /// <summary>Cells.</summary>
    public int Cells => Latent.Shape.Extent(3) * Columns;

    /// <summary>Writes what one cell looks like: its pixels, clamped to [−1, 1] and averaged over boxes.</summary>
    /// <param name="cell">Index of the cell, columns fastest.</param>
    /// <param name="side">Boxes per side; divides the pixels per side of a cell.</param>
    /// <param name="block">Receives side · side · 3 values: row by row, red, green and blue together.</param>
    public void WriteBlock(int cell, int side, Span<double> block)
    {
        (int height, int width) = (Pixels.Shape.Extent(3), Pixels.Shape.Extent(4));
        int cellSide = width / Columns;
        int box = cellSide / side;
        int top = cell / Columns * cellSide;
        int left = cell % Columns * cellSide;
        block.Clear();
        for (int channel = 0; channel < 3; channel++)
        {
            for (int y = 0; y < cellSide; y++)
            {
                ReadOnlySpan<float> line = Pixels.Data.AsSpan((((channel * height) + top + y) * width) + left, cellSide);
                for (int x = 0; x < cellSide; x++)
                {
                    block[(((y / box * side) + (x / box)) * 3) + channel] += Math.Clamp(line[x], -1f, 1f) / (box * box);
                }
            }
        }
    }
}
