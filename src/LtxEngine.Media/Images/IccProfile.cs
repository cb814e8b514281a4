namespace LtxEngine.Media.Images;

/// <summary>
/// An ICC profile of the matrix kind (three curves and three primaries) or of one grey curve, and its conversion to sRGB: linear =
/// curve(value), linear sRGB = S⁻¹ · P · linear with P and S the primaries of the profile and of sRGB relative to the D50 white of the
/// connection space, clipped, then the sRGB curve. Relative colorimetric, as the original's conversion gives it for such profiles.
/// </summary>
/// <remarks>Source: ICC.1 (profile format) and IEC 61966-2-1 (sRGB).</remarks>
internal sealed class IccProfile
{
    private const int Levels = 256;
    private const int EncodingSteps = 65535;
    private const int HeaderLength = 128;

    /// <summary>Columns: red, green and blue of sRGB in XYZ, adapted to D50.</summary>
    private static readonly double[] SrgbPrimaries = [0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.71410];

    private static readonly Lazy<byte[]> Encoding = new(
        () => [.. Enumerable.Range(0, EncodingSteps + 1).Select(i => (byte)Math.Round(255 * EncodeSrgb((double)i / EncodingSteps)))]);

    private readonly float[][] _curves;
    private readonly float[] _matrix;

    private IccProfile(float[][] curves, float[] matrix)
    {
        _curves = curves;
        _matrix = matrix;
        IsSrgb = MatrixIsIdentity(matrix) && curves.All(CurveIsSrgb);
    }

    /// <summary>Whether the profile is sRGB within less than a level, so that converting would only add rounding.</summary>
    public bool IsSrgb { get; }

    /// <summary>Reads a profile.</summary>
    /// <param name="profile">Its bytes.</param>
    /// <returns>The profile; null where it is damaged or of another kind (tables, CMYK).</returns>
    public static IccProfile? Parse(ReadOnlySpan<byte> profile)
    {
        ByteReader reader = new(profile, "the profile", ImageFormat.Png);
        try
        {
            if (!reader.Has(36, "acsp"u8) || !reader.Has(20, "XYZ "u8))
            {
                return null;
            }

            if (reader.Has(16, "GRAY"u8))
            {
                return Curve(reader, "kTRC"u8) is { } grey ? new IccProfile([grey, grey, grey], [1, 0, 0, 0, 1, 0, 0, 0, 1]) : null;
            }

            return reader.Has(16, "RGB "u8)
                && Curve(reader, "rTRC"u8) is { } red && Curve(reader, "gTRC"u8) is { } green && Curve(reader, "bTRC"u8) is { } blue
                && Primary(reader, "rXYZ"u8) is { } redXyz && Primary(reader, "gXYZ"u8) is { } greenXyz && Primary(reader, "bXYZ"u8) is { } blueXyz
                ? new IccProfile([red, green, blue], ToSrgb(redXyz, greenXyz, blueXyz))
                : null;
        }
        catch (MediaException)
        {
            // Broken profiles are ignored like broken EXIF data: the picture itself is still good.
            return null;
        }
    }

    /// <summary>Converts a picture to sRGB.</summary>
    /// <param name="image">The picture in the profile's colours.</param>
    /// <returns>The picture in sRGB; the same object where the profile is sRGB.</returns>
    public RgbImage Convert(RgbImage image)
    {
        if (IsSrgb)
        {
            return image;
        }

        byte[] result = new byte[image.Pixels.Length];
        ReadOnlySpan<byte> source = image.Pixels.Span;
        ReadOnlySpan<float> m = _matrix;
        byte[] encoding = Encoding.Value;
        for (int at = 0; at < result.Length; at += 3)
        {
            float red = _curves[0][source[at]];
            float green = _curves[1][source[at + 1]];
            float blue = _curves[2][source[at + 2]];
            result[at] = Encode(encoding, (m[0] * red) + (m[1] * green) + (m[2] * blue));
            result[at + 1] = Encode(encoding, (m[3] * red) + (m[4] * green) + (m[5] * blue));
            result[at + 2] = Encode(encoding, (m[6] * red) + (m[7] * green) + (m[8] * blue));
        }

        return new RgbImage(image.Width, image.Height, result);
    }

    private static byte Encode(byte[] encoding, float linear) => encoding[(int)((Math.Clamp(linear, 0f, 1f) * EncodingSteps) + 0.5f)];

    private static double EncodeSrgb(double linear) => linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;

    private static bool MatrixIsIdentity(float[] matrix)
    {
        // Profiles round their primaries to 16 bits, and some use a slightly different white.
        const float Tolerance = 0.004f;
        for (int i = 0; i < matrix.Length; i++)
        {
            if (!(Math.Abs(matrix[i] - (i % 4 == 0 ? 1 : 0)) <= Tolerance))
            {
                return false;
            }
        }

        return true;
    }

    private static bool CurveIsSrgb(float[] curve)
    {
        const double Tolerance = 0.75;
        for (int level = 0; level < curve.Length; level++)
        {
            if (!(Math.Abs((255 * EncodeSrgb(curve[level])) - level) <= Tolerance))
            {
                return false;
            }
        }

        return true;
    }

    private static (long Offset, long Length) FindTag(ByteReader reader, ReadOnlySpan<byte> signature)
    {
        long count = Math.Min(reader.UInt32(HeaderLength, bigEndian: true), 1000);
        for (long i = 0; i < count; i++)
        {
            long entry = HeaderLength + 4 + (12 * i);
            if (reader.Has(entry, signature))
            {
                return (reader.UInt32(entry + 4, bigEndian: true), reader.UInt32(entry + 8, bigEndian: true));
            }
        }

        return (0, 0);
    }

    private static double[]? Primary(ByteReader reader, ReadOnlySpan<byte> signature)
    {
        (long offset, long length) = FindTag(reader, signature);
        return length >= 20 && reader.Has(offset, "XYZ "u8)
            ? [Fixed(reader, offset + 8), Fixed(reader, offset + 12), Fixed(reader, offset + 16)]
            : null;
    }

    private static double Fixed(ByteReader reader, long offset) => (int)reader.UInt32(offset, bigEndian: true) / 65536.0;

    private static float[]? Curve(ByteReader reader, ReadOnlySpan<byte> signature)
    {
        (long offset, long length) = FindTag(reader, signature);
        float[]? curve = length < 12 ? null
            : reader.Has(offset, "curv"u8) ? SampledCurve(reader, offset)
            : reader.Has(offset, "para"u8) ? ParametricCurve(reader, offset)
            : null;
        return curve is not null && curve.All(float.IsFinite) ? curve : null;
    }

    private static float[] SampledCurve(ByteReader reader, long offset)
    {
        const double GammaScale = 256;
        long count = reader.UInt32(offset + 8, bigEndian: true);
        if (count <= 1)
        {
            double gamma = count == 0 ? 1 : reader.UInt16(offset + 12, bigEndian: true) / GammaScale;
            return Levelled(x => Math.Pow(x, gamma));
        }

        double[] samples = new double[reader.Bytes(offset + 12, 2 * count).Length / 2];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = reader.UInt16(offset + 12 + (2L * i), bigEndian: true) / (double)ushort.MaxValue;
        }

        return Levelled(x =>
        {
            double position = x * (samples.Length - 1);
            int first = Math.Min((int)position, samples.Length - 2);
            return samples[first] + ((position - first) * (samples[first + 1] - samples[first]));
        });
    }

    private static float[]? ParametricCurve(ByteReader reader, long offset)
    {
        int[] parameterCounts = [1, 3, 4, 5, 7];
        int type = reader.UInt16(offset + 8, bigEndian: true);
        if (type >= parameterCounts.Length)
        {
            return null;
        }

        double[] p = new double[7];
        for (int i = 0; i < parameterCounts[type]; i++)
        {
            p[i] = Fixed(reader, offset + 12 + (4L * i));
        }

        (double gamma, double a, double b, double c, double d) = (p[0], p[1], p[2], p[3], p[4]);
        return type switch
        {
            0 => Levelled(x => Math.Pow(x, gamma)),
            1 => Levelled(x => (a * x) + b >= 0 ? Math.Pow((a * x) + b, gamma) : 0),
            2 => Levelled(x => (a * x) + b >= 0 ? Math.Pow((a * x) + b, gamma) + c : c),
            3 => Levelled(x => x >= d ? Math.Pow((a * x) + b, gamma) : c * x),
            _ => Levelled(x => x >= d ? Math.Pow((a * x) + b, gamma) + p[5] : (c * x) + p[6]),
        };
    }

    private static float[] Levelled(Func<double, double> curve) =>
        [.. Enumerable.Range(0, Levels).Select(level => (float)curve(level / (double)(Levels - 1)))];

    private static float[] ToSrgb(double[] red, double[] green, double[] blue)
    {
        double[] inverse = Invert(SrgbPrimaries);
        float[] result = new float[9];
        for (int row = 0; row < 3; row++)
        {
            double[][] columns = [red, green, blue];
            for (int column = 0; column < 3; column++)
            {
                double[] xyz = columns[column];
                result[(3 * row) + column] = (float)((inverse[3 * row] * xyz[0]) + (inverse[(3 * row) + 1] * xyz[1]) + (inverse[(3 * row) + 2] * xyz[2]));
            }
        }

        return result;
    }

    private static double[] Invert(double[] m)
    {
        double[] cofactors =
        [
            (m[4] * m[8]) - (m[5] * m[7]), (m[2] * m[7]) - (m[1] * m[8]), (m[1] * m[5]) - (m[2] * m[4]),
            (m[5] * m[6]) - (m[3] * m[8]), (m[0] * m[8]) - (m[2] * m[6]), (m[2] * m[3]) - (m[0] * m[5]),
            (m[3] * m[7]) - (m[4] * m[6]), (m[1] * m[6]) - (m[0] * m[7]), (m[0] * m[4]) - (m[1] * m[3]),
        ];
        double determinant = (m[0] * cofactors[0]) + (m[1] * cofactors[3]) + (m[2] * cofactors[6]);
        return [.. cofactors.Select(value => value / determinant)];
    }
}
