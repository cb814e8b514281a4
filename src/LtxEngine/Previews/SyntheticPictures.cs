using LtxEngine.Prompting;

namespace LtxEngine.Previews;

/// <summary>
/// Made-up pictures with the colours, edges and textures of real ones: a gradient, smooth noise over it, then discs, boxes and checkered boxes. The same
/// seed gives the same pictures everywhere.
/// </summary>
/// <param name="seed">The seed.</param>
internal sealed class SyntheticPictures(long seed)
{
    private const int MostPatches = 11;
    private readonly SplitMixRandom _random = new(seed);

    /// <summary>A pixel's new value.</summary>
    /// <param name="x">Its column, 0 … 1.</param>
    /// <param name="y">Its row, 0 … 1.</param>
    /// <param name="channel">Red, green or blue: 0, 1, 2.</param>
    /// <param name="before">Its value until now.</param>
    private delegate double Brush(double x, double y, int channel, double before);

    /// <summary>Makes the next picture.</summary>
    /// <param name="side">Width and height in pixels.</param>
    /// <returns>[3, side, side] in [−1, 1].</returns>
    public float[] Next(int side)
    {
        float[] pixels = new float[3 * side * side];
        Apply(Gradient(), pixels, side);
        double strength = 0.6 * _random.NextDouble();
        for (int points = 4; points <= side / 4; points *= 2, strength *= 0.6)
        {
            Apply(SmoothNoise(points, strength), pixels, side);
        }

        for (int patch = (int)(_random.NextDouble() * (MostPatches + 1)); patch > 0; patch--)
        {
            Apply(Patch(), pixels, side);
        }

        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Math.Clamp(pixels[i], -1, 1);
        }

        return pixels;
    }

    /// <summary>From one colour to another, in any direction.</summary>
    private Brush Gradient()
    {
        double[] from = Colour();
        double[] to = Colour();
        (double sin, double cos) = Math.SinCos(Math.PI * Signed());
        return (x, y, channel, _) =>
        {
            double way = 0.5 + (0.7 * (((x - 0.5) * cos) + ((y - 0.5) * sin)));
            return from[channel] + ((to[channel] - from[channel]) * way);
        };
    }

    /// <summary>Noise between the points of a grid. Several of them, the coarser the stronger, have about the spectrum of photographs; as there, it is mostly brightness that changes.</summary>
    private Brush SmoothNoise(int points, double strength)
    {
        int row = points + 1;
        double[] grid = new double[3 * row * row];
        for (int i = 0; i < row * row; i++)
        {
            double brightness = 0.7 * Signed();
            for (int channel = 0; channel < 3; channel++)
            {
                grid[(channel * row * row) + i] = strength * (brightness + (0.3 * Signed()));
            }
        }

        return (x, y, channel, before) =>
        {
            (int column, int line) = ((int)(x * points), (int)(y * points));
            (double right, double down) = ((x * points) - column, (y * points) - line);
            int corner = (((channel * row) + line) * row) + column;
            double upper = (grid[corner] * (1 - right)) + (grid[corner + 1] * right);
            double lower = (grid[corner + row] * (1 - right)) + (grid[corner + row + 1] * right);
            return before + (upper * (1 - down)) + (lower * down);
        };
    }

    /// <summary>A disc, a box or a checkered box, with a sharp edge.</summary>
    private Brush Patch()
    {
        double[] colour = Colour();
        double[] other = Colour();
        (double middleX, double middleY) = (_random.NextDouble(), _random.NextDouble());
        double radius = 0.03 + (0.25 * _random.NextDouble());
        int kind = (int)(3 * _random.NextDouble());
        double square = radius * (0.1 + (0.5 * _random.NextDouble()));
        return (x, y, channel, before) =>
        {
            (double right, double down) = (x - middleX, y - middleY);
            bool isInside = kind == 0 ? (right * right) + (down * down) <= radius * radius : Math.Max(Math.Abs(right), Math.Abs(down)) <= radius;
            bool isOther = kind == 1 && ((int)Math.Floor(right / square) + (int)Math.Floor(down / square)) % 2 != 0;
            return !isInside ? before : isOther ? other[channel] : colour[channel];
        };
    }

    private double[] Colour() => [Signed(), Signed(), Signed()];

    private double Signed() => (2 * _random.NextDouble()) - 1;

    private static void Apply(Brush brush, float[] pixels, int side)
    {
        int plane = side * side;
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (float)brush((double)(i % side) / side, (double)(i % plane / side) / side, i / plane, pixels[i]);
        }
    }
}
