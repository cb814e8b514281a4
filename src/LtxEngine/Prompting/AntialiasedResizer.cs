using LtxEngine.Media.Images;

namespace LtxEngine.Prompting;

/// <summary>
/// Bilinear resizing with antialiasing, as picture libraries do it: columns first, then rows, each rounded to 8 bits.
/// </summary>
/// <remarks>
/// Target i has its centre at <c>(i + ½)·r</c> with <c>r = source / target</c>; the weight of source j is
/// <c>max(0, 1 − |j + ½ − centre| / max(r, 1))</c>, normalised. So shrinking averages everything that a target pixel covers.
/// </remarks>
internal static class AntialiasedResizer
{
    /// <summary>Resizes a picture; its aspect is not kept.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Target width, at least 1.</param>
    /// <param name="height">Target height, at least 1.</param>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ReadOnlySpan<byte> source = image.Pixels.Span;
        byte[] columns = new byte[checked(3 * width * image.Height)];
        Filter[] horizontal = CreateFilters(image.Width, width);
        for (int y = 0; y < image.Height; y++)
        {
            Apply(horizontal, source.Slice(3 * image.Width * y, 3 * image.Width), elementStep: 3, columns.AsSpan(3 * width * y), resultStep: 3);
        }

        byte[] result = new byte[checked(3 * width * height)];
        Filter[] vertical = CreateFilters(image.Height, height);
        for (int x = 0; x < width; x++)
        {
            Apply(vertical, columns.AsSpan(3 * x), elementStep: 3 * width, result.AsSpan(3 * x), resultStep: 3 * width);
        }

        return new RgbImage(width, height, result);
    }

    private static void Apply(Filter[] filters, ReadOnlySpan<byte> source, int elementStep, Span<byte> result, int resultStep)
    {
        for (int i = 0; i < filters.Length; i++)
        {
            Filter filter = filters[i];
            for (int channel = 0; channel < 3; channel++)
            {
                double sum = 0;
                for (int tap = 0; tap < filter.Weights.Length; tap++)
                {
                    sum += filter.Weights[tap] * source[((filter.First + tap) * elementStep) + channel];
                }

                result[(i * resultStep) + channel] = (byte)(sum + 0.5);
            }
        }
    }

    private static Filter[] CreateFilters(int sourceSize, int size)
    {
        double ratio = (double)sourceSize / size;
        double support = Math.Max(ratio, 1);
        Filter[] filters = new Filter[size];
        for (int i = 0; i < size; i++)
        {
            double centre = (i + 0.5) * ratio;
            int first = Math.Max(0, (int)(centre - support + 0.5));
            int end = Math.Min(sourceSize, (int)(centre + support + 0.5));
            double[] weights = new double[end - first];
            double total = 0;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] = Math.Max(0, 1 - (Math.Abs(first + tap + 0.5 - centre) / support));
                total += weights[tap];
            }

            for (int tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] /= total;
            }

            filters[i] = new Filter(first, weights);
        }

        return filters;
    }

    private readonly record struct Filter(int First, double[] Weights);
}
