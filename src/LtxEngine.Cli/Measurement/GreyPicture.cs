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
