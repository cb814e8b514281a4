using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>
/// Every operation of <see cref="IComputeDevice"/> as its formula says, in plain scalar double precision over dense row-major arrays:
/// what devices are compared with.
/// </summary>
internal static class ReferenceOperations
{
    public static double[] Linear(float[] input, int tokens, float[] weight, float[]? bias, int inputs, int outputs)
    {
        double[] result = new double[(long)tokens * outputs];
        for (int t = 0; t < tokens; t++)
        {
            for (int o = 0; o < outputs; o++)
            {
                double sum = 0;
                for (int i = 0; i < inputs; i++)
                {
                    sum += (double)input[((long)t * inputs) + i] * weight[((long)o * inputs) + i];
                }

                result[((long)t * outputs) + o] = sum + (bias is null ? 0 : bias[o]);
            }
        }

        return result;
    }

    /// <summary>Σ|x·w| of each output: what the rounding errors of a product are proportional to.</summary>
    public static double[] LinearMagnitude(float[] input, int tokens, float[] weight, float[]? bias, int inputs, int outputs) =>
        Linear(Absolute(input), tokens, Absolute(weight), bias is null ? null : Absolute(bias), inputs, outputs);

    public static double Activate(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        _ => x,
    };

    /// <summary>e4m3fn(clamp(x·(1/scale), ±448))·scale by way of the 8-bit code.</summary>
    public static float RoundToFloat8(float x, float scale)
    {
        byte[] code = new byte[1];
        float[] value = [x * (1 / scale)];
        TensorConversion.Float32ToFloat8E4M3(value, code);
        TensorConversion.Float8E4M3ToFloat32(code, value);
        return value[0] * scale;
    }

    public static double[] NormModulate(float[] input, int rows, int width, float epsilon, bool removeMean, Func<int, int, double>? scale, Func<int, int, double>? shift)
    {
        double[] result = new double[(long)rows * width];
        for (int r = 0; r < rows; r++)
        {
            double mean = 0;
            double squares = 0;
            for (int c = 0; removeMean && c < width; c++)
            {
                mean += (double)input[(r * width) + c] / width;
            }

            for (int c = 0; c < width; c++)
            {
                double x = input[(r * width) + c] - mean;
                squares += x * x;
            }

            double factor = 1 / Math.Sqrt((squares / width) + epsilon);
            for (int c = 0; c < width; c++)
            {
                double y = (input[(r * width) + c] - mean) * factor;
                result[(r * width) + c] = (y * (1 + (scale?.Invoke(r, c) ?? 0))) + (shift?.Invoke(r, c) ?? 0);
            }
        }

        return result;
    }

    public static double[] RmsNormRotate(
        float[] values, int rows, int width, float[] weight, float epsilon, float[]? cosines, float[]? sines, int heads, RotaryLayout layout)
    {
        double[] x = NormModulate(values, rows, width, epsilon, removeMean: false, (_, c) => weight[c] - 1.0, null);
        if (cosines is null || sines is null)
        {
            return x;
        }

        double[] result = new double[x.Length];
        int half = width / heads / 2;
        for (int r = 0; r < rows; r++)
        {
            for (int pair = 0; pair < width / 2; pair++)
            {
                int first = layout == RotaryLayout.Split ? (pair / half * 2 * half) + (pair % half) : 2 * pair;
                int second = layout == RotaryLayout.Split ? first + half : first + 1;
                double a = x[(r * width) + first];
                double b = x[(r * width) + second];
                double cosine = cosines[(r * width / 2) + pair];
                double sine = sines[(r * width / 2) + pair];
                result[(r * width) + first] = (a * cosine) - (b * sine);
                result[(r * width) + second] = (b * cosine) + (a * sine);
            }
        }

        return result;
    }

    public static double[] Attention(
        float[] query, int queries, float[] key, float[] value, int keys, int heads, int headDimension, float scale,
        int? keyHeads = null, int[]? first = null, int[]? end = null)
    {
        int width = heads * headDimension;
        int keyWidth = (keyHeads ?? heads) * headDimension;
        double[] result = new double[queries * width];
        double[] scores = new double[keys];
        for (int head = 0; head < heads; head++)
        {
            int keyColumn = head * (keyHeads ?? heads) / heads * headDimension;
            for (int q = 0; q < queries; q++)
            {
                int firstKey = first?[q] ?? 0;
                int endKey = end?[q] ?? keys;
                double maximum = double.NegativeInfinity;
                for (int k = firstKey; k < endKey; k++)
                {
                    double sum = 0;
                    for (int j = 0; j < headDimension; j++)
                    {
                        sum += (double)query[(q * width) + (head * headDimension) + j] * key[(k * keyWidth) + keyColumn + j];
                    }

                    scores[k] = sum * scale;
                    maximum = Math.Max(maximum, scores[k]);
                }

                double total = 0;
                for (int k = firstKey; k < endKey; k++)
                {
                    scores[k] = Math.Exp(scores[k] - maximum);
                    total += scores[k];
                }

                for (int j = 0; j < headDimension; j++)
                {
                    double sum = 0;
                    for (int k = firstKey; k < endKey; k++)
                    {
                        sum += scores[k] * value[(k * keyWidth) + keyColumn + j];
                    }

                    result[(q * width) + (head * headDimension) + j] = sum / total;
                }
            }
        }

        return result;
    }

    public static double[] Convolution(
        float[] input, VolumeShape shape, int inputs, float[] weight, float[]? bias, int outputs, int kernelFrames, int kernelHeight, int kernelWidth)
    {
        double[] result = new double[shape.Positions * outputs];
        int taps = kernelFrames * kernelHeight * kernelWidth;
        for (int f = 0; f < shape.Frames; f++)
        {
            for (int y = 0; y < shape.Height; y++)
            {
                for (int x = 0; x < shape.Width; x++)
                {
                    int position = (((f * shape.Height) + y) * shape.Width) + x;
                    for (int o = 0; o < outputs; o++)
                    {
                        double sum = bias is null ? 0 : bias[o];
                        for (int tap = 0; tap < taps; tap++)
                        {
                            int frame = f + (tap / (kernelHeight * kernelWidth)) - (kernelFrames / 2);
                            int row = y + (tap / kernelWidth % kernelHeight) - (kernelHeight / 2);
                            int column = x + (tap % kernelWidth) - (kernelWidth / 2);
                            if (frame < 0 || frame >= shape.Frames || row < 0 || row >= shape.Height || column < 0 || column >= shape.Width)
                            {
                                continue;
                            }

                            int source = (((frame * shape.Height) + row) * shape.Width) + column;
                            for (int i = 0; i < inputs; i++)
                            {
                                sum += (double)input[(source * inputs) + i] * weight[(((o * inputs) + i) * taps) + tap];
                            }
                        }

                        result[(position * outputs) + o] = sum;
                    }
                }
            }
        }

        return result;
    }

    public static double[] GroupNorm(
        float[] input, int positions, int channels, int groups, float epsilon, float[] weight, float[] bias, float[]? residual, Activation activation)
    {
        double[] result = new double[positions * channels];
        int perGroup = channels / groups;
        for (int group = 0; group < groups; group++)
        {
            double mean = 0;
            double squares = 0;
            double count = (double)positions * perGroup;
            for (int pass = 0; pass < 2; pass++)
            {
                for (int p = 0; p < positions; p++)
                {
                    for (int c = group * perGroup; c < (group + 1) * perGroup; c++)
                    {
                        double x = input[(p * channels) + c];
                        if (pass == 0)
                        {
                            mean += x / count;
                        }
                        else
                        {
                            squares += (x - mean) * (x - mean);
                        }
                    }
                }
            }

            double factor = 1 / Math.Sqrt((squares / count) + epsilon);
            for (int p = 0; p < positions; p++)
            {
                for (int c = group * perGroup; c < (group + 1) * perGroup; c++)
                {
                    int i = (p * channels) + c;
                    double y = ((input[i] - mean) * factor * weight[c]) + bias[c] + (residual is null ? 0 : residual[i]);
                    result[i] = Activate(activation, y);
                }
            }
        }

        return result;
    }

    public static double[] PixelShuffle(float[] input, VolumeShape shape, int channels, int factor)
    {
        int square = factor * factor;
        double[] result = new double[input.Length];
        for (int f = 0; f < shape.Frames; f++)
        {
            for (int y = 0; y < shape.Height * factor; y++)
            {
                for (int x = 0; x < shape.Width * factor; x++)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        int source = (((f * shape.Height) + (y / factor)) * shape.Width) + (x / factor);
                        int channel = (c * square) + (y % factor * factor) + (x % factor);
                        int position = (((f * shape.Height * factor) + y) * shape.Width * factor) + x;
                        result[(position * channels) + c] = input[(source * channels * square) + channel];
                    }
                }
            }
        }

        return result;
    }

    public static double[] FrameShuffle(float[] input, VolumeShape shape, int channels)
    {
        int framePositions = shape.Height * shape.Width;
        double[] result = new double[((2 * shape.Frames) - 1) * framePositions * channels];
        for (int f = 1; f < 2 * shape.Frames; f++)
        {
            for (int p = 0; p < framePositions; p++)
            {
                for (int c = 0; c < channels; c++)
                {
                    result[((((f - 1) * framePositions) + p) * channels) + c] =
                        input[((((f / 2 * framePositions) + p) * channels) + c) * 2 + (f % 2)];
                }
            }
        }

        return result;
    }

    public static double[] BlurDown(float[] input, VolumeShape shape, int channels, float[] kernel, int extent, int stride)
    {
        int height = (shape.Height + stride - 1) / stride;
        int width = (shape.Width + stride - 1) / stride;
        double[] result = new double[shape.Frames * height * width * channels];
        for (int f = 0; f < shape.Frames; f++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        double sum = 0;
                        for (int i = 0; i < extent * extent; i++)
                        {
                            int row = (y * stride) + (i / extent) - (extent / 2);
                            int column = (x * stride) + (i % extent) - (extent / 2);
                            if (row >= 0 && row < shape.Height && column >= 0 && column < shape.Width)
                            {
                                sum += (double)input[((((f * shape.Height) + row) * shape.Width + column) * channels) + c] * kernel[i];
                            }
                        }

                        result[((((f * height) + y) * width + x) * channels) + c] = sum;
                    }
                }
            }
        }

        return result;
    }

    private static float[] Absolute(float[] values) => Array.ConvertAll(values, Math.Abs);
}
