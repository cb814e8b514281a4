namespace LtxEngine.Cli.Measurement;

/// <summary>
/// Brings a movement of the whole picture, found to about a quarter of a pixel, to a few hundredths: Gauss–Newton steps on
/// Σ (second(x + a + g·x′, y + b + g·y′) − first(x, y))², with x′ and y′ from the middle. Matching whole blocks cannot: the parabola through three sums
/// of squares leans towards whole pixels, because the sums are no parabola half a wave away from their valley.
/// </summary>
/// <param name="first">The first picture.</param>
/// <param name="second">The second picture.</param>
internal sealed class MotionRefinement(GreyPicture first, GreyPicture second)
{
    private const int MostSteps = 8;
    private const double Enough = 1e-4;

    /// <summary>Refines a movement over squares of the first picture. Squares may overlap; pixels of several count as often.</summary>
    /// <param name="motion">Right and down in pixels, growth as a share.</param>
    /// <param name="squares">Left and upper edges.</param>
    /// <param name="side">Side of a square.</param>
    /// <returns>The refined movement; the given one where the squares do not determine it.</returns>
    public (double A, double B, double G) Refine((double A, double B, double G) motion, IReadOnlyList<(int X, int Y)> squares, int side)
    {
        (double A, double B, double G) at = motion;
        for (int step = 0; step < MostSteps; step++)
        {
            if (Step(at, squares, side) is not { } change || Math.Abs(at.A + change.A - motion.A) > 1 || Math.Abs(at.B + change.B - motion.B) > 1)
            {
                return motion;
            }

            at = (at.A + change.A, at.B + change.B, at.G + change.G);
            if (Math.Abs(change.A) < Enough && Math.Abs(change.B) < Enough && Math.Abs(change.G) * first.Width < Enough)
            {
                break;
            }
        }

        return at;
    }

    /// <summary>The change that the normal equations ask for; null where they are singular.</summary>
    private (double A, double B, double G)? Step((double A, double B, double G) at, IReadOnlyList<(int X, int Y)> squares, int side)
    {
        double aa = 0, ab = 0, ag = 0, bb = 0, bg = 0, gg = 0, ra = 0, rb = 0, rg = 0;
        foreach ((int left, int top) in squares)
        {
            for (int y = top; y < top + side; y++)
            {
                for (int x = left; x < left + side; x++)
                {
                    double fromMiddleX = x + 0.5 - (first.Width / 2.0);
                    double fromMiddleY = y + 0.5 - (first.Height / 2.0);
                    double toX = x + at.A + (at.G * fromMiddleX);
                    double toY = y + at.B + (at.G * fromMiddleY);
                    if (!second.Holds(toX, toY))
                    {
                        continue;
                    }

                    (double value, double slopeX, double slopeY) = second.Sample(toX, toY);
                    double error = first[x, y] - value;
                    double slopeG = (slopeX * fromMiddleX) + (slopeY * fromMiddleY);
                    aa += slopeX * slopeX;
                    ab += slopeX * slopeY;
                    ag += slopeX * slopeG;
                    bb += slopeY * slopeY;
                    bg += slopeY * slopeG;
                    gg += slopeG * slopeG;
                    ra += slopeX * error;
                    rb += slopeY * error;
                    rg += slopeG * error;
                }
            }
        }

        // Cramer's rule.
        double determinant = Determinant(aa, ab, ag, ab, bb, bg, ag, bg, gg);
        return determinant <= 1e-9 * aa * bb * gg
            ? null
            : (Determinant(ra, ab, ag, rb, bb, bg, rg, bg, gg) / determinant,
                Determinant(aa, ra, ag, ab, rb, bg, ag, rg, gg) / determinant,
                Determinant(aa, ab, ra, ab, bb, rb, ag, bg, rg) / determinant);
    }

    private static double Determinant(double a, double b, double c, double d, double e, double f, double g, double h, double i) =>
        (a * ((e * i) - (f * h))) - (b * ((d * i) - (f * g))) + (c * ((d * h) - (e * g)));
}
