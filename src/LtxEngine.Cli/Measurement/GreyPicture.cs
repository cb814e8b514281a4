namespace LtxEngine.Cli.Measurement;

/// <summary>A picture's brightness, 0 … 255.</summary>
/// <param name="width">Width in pixels.</param>
/// <param name="height">Height in pixels.</param>
/// <param name="values">[height, width].</param>
internal sealed class GreyPicture(int width, int height, float[] values)
{
    /// <summary>Width in pixels.</summary>
    public int Width => width;

    /// <summary>Height in pixels.</summary>
    public int Height => height;

    /// <summary>Takes the mean of the channels, and of squares of pixels where the picture is larger than asked for.</summary>
    /// <param name="pixels">[height, width, 3].</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="longestSide">Longest side of the result.</param>
    public static GreyPicture FromRgb(ReadOnlySpan<byte> pixels, int width, int height, int longestSide)
    {
        int factor = (Math.Max(width, height) + longestSide - 1) / longestSide;
        int columns = Math.Max(1, width / factor);
        int rows = Math.Max(1, height / factor);
        float[] values = new float[columns * rows];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int sum = 0;
                for (int y = row * factor; y < (row + 1) * factor; y++)
                {
                    for (int i = ((y * width) + (column * factor)) * 3; i < ((y * width) + ((column + 1) * factor)) * 3; i++)
                    {
                        sum += pixels[i];
                    }
                }

                values[(row * columns) + column] = sum / (3f * factor * factor);
            }
        }

        return new GreyPicture(columns, rows, values);
    }

    /// <summary>Σ (a − b)² of two squares.</summary>
    public static double SquaredDifference(GreyPicture first, int firstX, int firstY, GreyPicture second, int secondX, int secondY, int side)
    {
        double sum = 0;
        for (int y = 0; y < side; y++)
        {
            ReadOnlySpan<float> a = first.Row(firstX, firstY + y, side);
            ReadOnlySpan<float> b = second.Row(secondX, secondY + y, side);
            for (int x = 0; x < side; x++)
            {
                double difference = a[x] - b[x];
                sum += difference * difference;
            }
        }

        return sum;
    }

    /// <summary>One pixel.</summary>
    /// <param name="x">0 … width − 1.</param>
    /// <param name="y">0 … height − 1.</param>
    public float this[int x, int y] => values[(y * width) + x];

    /// <summary>Whether the place has the neighbours that <see cref="Sample"/> needs.</summary>
    /// <param name="x">Column, fractions allowed.</param>
    /// <param name="y">Row, fractions allowed.</param>
    public bool Holds(double x, double y) => x >= 1 && y >= 1 && x < width - 2 && y < height - 2;

    /// <summary>The brightness between pixels and its slopes, by cubic (Catmull-Rom) interpolation.</summary>
    /// <param name="x">Column; <see cref="Holds"/>.</param>
    /// <param name="y">Row.</param>
    public (double Value, double SlopeX, double SlopeY) Sample(double x, double y)
    {
        (int left, int top) = ((int)x, (int)y);
        Span<double> weightsX = stackalloc double[4];
        Span<double> weightsY = stackalloc double[4];
        Span<double> slopesX = stackalloc double[4];
        Span<double> slopesY = stackalloc double[4];
        Cubic(x - left, weightsX, slopesX);
        Cubic(y - top, weightsY, slopesY);
        double value = 0, slopeX = 0, slopeY = 0;
        for (int row = 0; row < 4; row++)
        {
            ReadOnlySpan<float> pixels = Row(left - 1, top - 1 + row, 4);
            double across = 0, slope = 0;
            for (int column = 0; column < 4; column++)
            {
                across += weightsX[column] * pixels[column];
                slope += slopesX[column] * pixels[column];
            }

            value += weightsY[row] * across;
            slopeX += weightsY[row] * slope;
            slopeY += slopesY[row] * across;
        }

        return (value, slopeX, slopeY);
    }

    /// <summary>Weights of four neighbours at a fraction between the middle two, and the derivatives of the weights.</summary>
    private static void Cubic(double t, Span<double> weights, Span<double> slopes)
    {
        weights[0] = t * (-0.5 + (t * (1 - (0.5 * t))));
        weights[1] = 1 + (t * t * (-2.5 + (1.5 * t)));
        weights[2] = t * (0.5 + (t * (2 - (1.5 * t))));
        weights[3] = t * t * (-0.5 + (0.5 * t));
        slopes[0] = -0.5 + (t * (2 - (1.5 * t)));
        slopes[1] = t * (-5 + (4.5 * t));
        slopes[2] = 0.5 + (t * (4 - (4.5 * t)));
        slopes[3] = t * (-1 + (1.5 * t));
    }

    /// <summary>Standard deviation within a square.</summary>
    public double Contrast(int left, int top, int side)
    {
        double sum = 0;
        double squares = 0;
        for (int y = 0; y < side; y++)
        {
            foreach (float value in Row(left, top + y, side))
            {
                sum += value;
                squares += value * value;
            }
        }

        double mean = sum / (side * side);
        return Math.Sqrt(Math.Max(0, (squares / (side * side)) - (mean * mean)));
    }

    private ReadOnlySpan<float> Row(int left, int y, int length) => values.AsSpan((y * width) + left, length);
}
