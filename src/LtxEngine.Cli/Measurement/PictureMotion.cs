namespace LtxEngine.Cli.Measurement;

/// <summary>How the content of a picture moved as a whole: where the camera goes, its opposite.</summary>
/// <param name="Right">To the right, in percent of the width.</param>
/// <param name="Down">Down, in percent of the height.</param>
/// <param name="Growth">Growth about the middle, in percent.</param>
internal readonly record struct PictureMotion(double Right, double Down, double Growth)
{
    private const int LongestSide = 192;
    private const int BlockSide = 16;
    private const int BlockStep = 8;
    private const int Reach = 5;

    /// <summary>Blocks whose brightness varies less than this (of 255, root mean square) show no movement.</summary>
    private const double LeastContrast = 3;

    /// <summary>The motion from the first frame of a clip to its last: the sum of those from frame to frame.</summary>
    /// <param name="frames">The frames, at least one.</param>
    public static async Task<PictureMotion> OfClipAsync(IAsyncEnumerable<VideoFrame> frames)
    {
        GreyPicture? before = null;
        double right = 0;
        double down = 0;
        double size = 1;
        await foreach (VideoFrame frame in frames.ConfigureAwait(false))
        {
            GreyPicture now = GreyPicture.FromRgb(frame.Pixels.Span, frame.Width, frame.Height, LongestSide);
            if (before is not null)
            {
                PictureMotion step = Between(before, now);
                right += step.Right;
                down += step.Down;
                size *= 1 + (step.Growth / 100);
            }

            before = now;
        }

        return new PictureMotion(right, down, 100 * (size - 1));
    }

    /// <summary>
    /// The motion between two pictures of one size: blocks of the first are looked for in the second, and movement (a + g·x, b + g·y), with x
    /// and y from the middle, is fitted to where they are found; blocks that move otherwise (objects) are left out. What the other blocks show is
    /// then fitted to their pixels.
    /// </summary>
    /// <param name="first">The first picture.</param>
    /// <param name="second">The second picture.</param>
    public static PictureMotion Between(GreyPicture first, GreyPicture second)
    {
        List<BlockMotion> blocks = Match(first, second);
        (double A, double B, double G) fit = Fit(blocks);
        for (int round = 0; round < 3 && blocks.Count > 3; round++)
        {
            double[] errors = [.. blocks.Select(block => block.Error(fit))];
            double limit = Math.Max(0.25, 2 * Median(errors));
            blocks = [.. blocks.Where((_, i) => errors[i] <= limit)];
            fit = Fit(blocks);
        }

        fit = new MotionRefinement(first, second).Refine(fit, [.. blocks.Select(block => (block.Left(first), block.Top(first)))], BlockSide);
        return new PictureMotion(100 * fit.A / first.Width, 100 * fit.B / first.Height, 100 * fit.G);
    }

    /// <summary>Adds or takes away.</summary>
    public static PictureMotion operator -(PictureMotion a, PictureMotion b) => new(a.Right - b.Right, a.Down - b.Down, a.Growth - b.Growth);

    private static List<BlockMotion> Match(GreyPicture first, GreyPicture second)
    {
        List<BlockMotion> blocks = [];
        double[,] costs = new double[(2 * Reach) + 1, (2 * Reach) + 1];
        for (int y = Reach; y <= first.Height - BlockSide - Reach; y += BlockStep)
        {
            for (int x = Reach; x <= first.Width - BlockSide - Reach; x += BlockStep)
            {
                if (first.Contrast(x, y, BlockSide) < LeastContrast)
                {
                    continue;
                }

                (int bestX, int bestY) = (0, 0);
                for (int dy = -Reach; dy <= Reach; dy++)
                {
                    for (int dx = -Reach; dx <= Reach; dx++)
                    {
                        costs[dx + Reach, dy + Reach] = GreyPicture.SquaredDifference(first, x, y, second, x + dx, y + dy, BlockSide);
                        if (costs[dx + Reach, dy + Reach] < costs[bestX + Reach, bestY + Reach])
                        {
                            (bestX, bestY) = (dx, dy);
                        }
                    }
                }

                // At the edge of the reach the block may be anywhere beyond it.
                if (Math.Abs(bestX) < Reach && Math.Abs(bestY) < Reach)
                {
                    int i = bestX + Reach;
                    int j = bestY + Reach;
                    blocks.Add(new BlockMotion(
                        x + ((BlockSide - first.Width) / 2.0),
                        y + ((BlockSide - first.Height) / 2.0),
                        bestX + Valley(costs[i - 1, j], costs[i, j], costs[i + 1, j]),
                        bestY + Valley(costs[i, j - 1], costs[i, j], costs[i, j + 1])));
                }
            }
        }

        return blocks;
    }

    /// <summary>Where a parabola through three neighbours is lowest, −0.5 … 0.5.</summary>
    private static double Valley(double before, double at, double after)
    {
        double curve = before - (2 * at) + after;
        return curve <= 0 ? 0 : Math.Clamp((before - after) / (2 * curve), -0.5, 0.5);
    }

    /// <summary>Least squares: moves = a + g·x and b + g·y.</summary>
    private static (double A, double B, double G) Fit(List<BlockMotion> blocks)
    {
        if (blocks.Count == 0)
        {
            return default;
        }

        double meanX = blocks.Average(block => block.X);
        double meanY = blocks.Average(block => block.Y);
        double meanRight = blocks.Average(block => block.Right);
        double meanDown = blocks.Average(block => block.Down);
        double spread = blocks.Sum(block => ((block.X - meanX) * (block.X - meanX)) + ((block.Y - meanY) * (block.Y - meanY)));
        double growth = spread == 0
            ? 0
            : blocks.Sum(block => ((block.X - meanX) * (block.Right - meanRight)) + ((block.Y - meanY) * (block.Down - meanDown))) / spread;
        return (meanRight - (growth * meanX), meanDown - (growth * meanY), growth);
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private readonly record struct BlockMotion(double X, double Y, double Right, double Down)
    {
        public int Left(GreyPicture picture) => (int)Math.Round(X - ((BlockSide - picture.Width) / 2.0));

        public int Top(GreyPicture picture) => (int)Math.Round(Y - ((BlockSide - picture.Height) / 2.0));

        public double Error((double A, double B, double G) fit) => Math.Sqrt(Square(Right - fit.A - (fit.G * X)) + Square(Down - fit.B - (fit.G * Y)));

        private static double Square(double value) => value * value;
    }
}
