namespace LtxEngine.Kernels;

/// <summary>
/// The argument checks of every operation, shared by all devices so that a wrong call fails the same way everywhere:
/// with an <see cref="ArgumentException"/> that names the argument and the sizes, before anything is written.
/// Nothing is allocated when the arguments are right.
/// </summary>
internal static class OperationChecks
{
    /// <summary>The largest supported head size of <see cref="IComputeDevice.Attention"/>.</summary>
    public const int MaximumHeadDimension = 256;

    /// <summary>Checks <see cref="IComputeDevice.Upload"/> and <see cref="IComputeDevice.Download"/>.</summary>
    public static void Transfer(DeviceMatrix matrix, int hostLength, string matrixName)
    {
        Present(matrix, matrixName);
        long needed = (long)matrix.Rows * matrix.Columns;
        if (needed != hostLength)
        {
            throw new ArgumentException($"The view {Describe(matrix)} needs {needed} host values, but {hostLength} were given.", matrixName);
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.CreateRotaryTable"/>.</summary>
    public static void RotaryTable(int cosines, int sines, int tokens, int width, int heads, RotaryLayout layout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (layout is not (RotaryLayout.Split or RotaryLayout.Interleaved))
        {
            throw new ArgumentOutOfRangeException(nameof(layout), layout, "Unknown rotary layout.");
        }

        if (width % heads != 0 || width / heads % 2 != 0)
        {
            throw new ArgumentException($"A width of {width} does not split into {heads} heads of even size.", nameof(width));
        }

        long needed = (long)tokens * (width / 2);
        if (cosines != needed || sines != needed)
        {
            throw new ArgumentException(
                $"{tokens} tokens of width {width} need {needed} cosines and sines, but {cosines} and {sines} were given.", nameof(cosines));
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.Linear"/>.</summary>
    public static void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm)
    {
        Present(input, nameof(input));
        ArgumentNullException.ThrowIfNull(weight);
        Columns(input, weight.InputFeatures, nameof(input));
        Shape(output, input.Rows, weight.OutputFeatures, nameof(output));
        Known(epilogue.Activation, nameof(epilogue));
        if (epilogue.Gate is { } gate)
        {
            if (!epilogue.Accumulate)
            {
                throw new ArgumentException("A gate needs an accumulating epilogue.", nameof(epilogue));
            }

            Vectors(gate, input.Rows, weight.OutputFeatures, nameof(epilogue));
            Apart(output, gate.Rows, nameof(epilogue));
        }

        Apart(output, input, nameof(output));
        if (norm is { } given)
        {
            Epsilon(given.Epsilon);
            Optional(given.Scale, input.Rows, input.Columns, output, nameof(norm));
            Optional(given.Shift, input.Rows, input.Columns, output, nameof(norm));
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.RmsNormModulate"/> and <see cref="IComputeDevice.LayerNormModulate"/>.</summary>
    public static void NormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output)
    {
        Present(input, nameof(input));
        Epsilon(epsilon);
        Shape(output, input.Rows, input.Columns, nameof(output));
        SameOrApart(output, input, nameof(output));
        Optional(scale, input.Rows, input.Columns, output, nameof(scale));
        Optional(shift, input.Rows, input.Columns, output, nameof(shift));
    }

    /// <summary>Checks <see cref="IComputeDevice.RmsNormRotate"/>.</summary>
    public static void RmsNormRotate(DeviceMatrix values, DeviceMatrix weight, float epsilon, DeviceRotaryTable? table)
    {
        Present(values, nameof(values));
        Epsilon(epsilon);
        Shape(weight, 1, values.Columns, nameof(weight));
        Apart(values, weight, nameof(weight));
        if (table is not null && (values.Rows % table.Tokens != 0 || table.Width != values.Columns))
        {
            throw new ArgumentException(
                $"The table rotates {table.Tokens} tokens of width {table.Width}, the values are {Describe(values)}.", nameof(table));
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.Attention"/>.</summary>
    public static void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads, KeyRanges? seen)
    {
        Present(query, nameof(query));
        Present(key, nameof(key));
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        int headDimension = query.Columns / heads;
        if (query.Columns % heads != 0 || headDimension % 2 != 0 || headDimension > MaximumHeadDimension)
        {
            throw new ArgumentException(
                $"A width of {query.Columns} does not split into {heads} heads of an even size of 2 to {MaximumHeadDimension}.", nameof(heads));
        }

        if (key.Rows < 1)
        {
            throw new ArgumentException("Attention needs at least one key.", nameof(key));
        }

        if (key.Columns % headDimension != 0 || heads % (key.Columns / headDimension) != 0)
        {
            throw new ArgumentException(
                $"Keys of width {key.Columns} do not hold heads of size {headDimension} whose number divides {heads}.", nameof(key));
        }

        if (seen is not null && (seen.First.Count != query.Rows || seen.End.Maximum > key.Rows))
        {
            throw new ArgumentException(
                $"Ranges of {seen.First.Count} queries over {seen.End.Maximum} keys were given for {query.Rows} queries and {key.Rows} keys.", nameof(seen));
        }

        Shape(value, key.Rows, key.Columns, nameof(value));
        Shape(output, query.Rows, query.Columns, nameof(output));
        Apart(output, query, nameof(output));
        Apart(output, key, nameof(output));
        Apart(output, value, nameof(output));
    }

    /// <summary>Checks <see cref="IComputeDevice.AddGated"/>.</summary>
    public static void AddGated(DeviceMatrix residual, DeviceMatrix value, RowVectors? gate)
    {
        Present(residual, nameof(residual));
        Shape(value, residual.Rows, residual.Columns, nameof(value));
        SameOrApart(residual, value, nameof(value));
        Optional(gate, residual.Rows, residual.Columns, residual, nameof(gate));
    }

    /// <summary>Checks <see cref="IComputeDevice.Multiply"/>.</summary>
    public static void Multiply(DeviceMatrix input, DeviceMatrix factor, DeviceMatrix output)
    {
        ElementWise(input, output);
        Shape(factor, input.Rows, input.Columns, nameof(factor));
        SameOrApart(output, factor, nameof(factor));
    }

    /// <summary>Checks <see cref="IComputeDevice.AddRow"/>.</summary>
    public static void AddRow(DeviceMatrix input, DeviceMatrix row, DeviceMatrix output)
    {
        ElementWise(input, output);
        Shape(row, 1, input.Columns, nameof(row));
        Apart(output, row, nameof(row));
    }

    /// <summary>Checks <see cref="IComputeDevice.ScaleShift"/>.</summary>
    public static void ScaleShift(DeviceMatrix input, DeviceMatrix scale, DeviceMatrix shift, DeviceMatrix output)
    {
        ElementWise(input, output);
        Shape(scale, 1, input.Columns, nameof(scale));
        Shape(shift, 1, input.Columns, nameof(shift));
        Apart(output, scale, nameof(scale));
        Apart(output, shift, nameof(shift));
    }

    /// <summary>Checks <see cref="IComputeDevice.Activate"/>.</summary>
    public static void Activate(DeviceMatrix input, Activation activation, DeviceMatrix output)
    {
        ElementWise(input, output);
        Known(activation, nameof(activation));
    }

    /// <summary>Checks <see cref="IComputeDevice.RoundToFloat8"/>.</summary>
    public static void RoundToFloat8(DeviceMatrix input, float scale, DeviceMatrix output)
    {
        ElementWise(input, output);
        if (!float.IsNormal(scale) || scale <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A finite, normal number above 0 is needed.");
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.Copy"/>.</summary>
    public static void Copy(DeviceMatrix source, DeviceMatrix destination)
    {
        Present(source, nameof(source));
        Shape(destination, source.Rows, source.Columns, nameof(destination));
        Apart(destination, source, nameof(destination));
    }

    /// <summary>Checks <see cref="IComputeDevice.Convolution"/>.</summary>
    public static void Convolution(DeviceMatrix input, VolumeShape shape, IDeviceWeight weight, DeviceMatrix output)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Volume(input, shape);
        Columns(input, weight.InputFeatures, nameof(input));
        Shape(output, input.Rows, weight.OutputFeatures, nameof(output));
        Apart(output, input, nameof(output));
    }

    /// <summary>Checks <see cref="IComputeDevice.GroupNorm"/>.</summary>
    public static void GroupNorm(
        DeviceMatrix input,
        int groups,
        float epsilon,
        DeviceMatrix weight,
        DeviceMatrix bias,
        DeviceMatrix? residual,
        Activation activation,
        DeviceMatrix output)
    {
        ElementWise(input, output);
        Epsilon(epsilon);
        Known(activation, nameof(activation));
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        if (input.Columns % groups != 0)
        {
            throw new ArgumentException($"{groups} groups do not divide {input.Columns} channels.", nameof(groups));
        }

        Shape(weight, 1, input.Columns, nameof(weight));
        Shape(bias, 1, input.Columns, nameof(bias));
        Apart(output, weight, nameof(weight));
        Apart(output, bias, nameof(bias));
        if (residual is { } added)
        {
            Shape(added, input.Rows, input.Columns, nameof(residual));
            SameOrApart(output, added, nameof(residual));
        }
    }

    /// <summary>Checks <see cref="IComputeDevice.PixelShuffle"/>.</summary>
    public static void PixelShuffle(DeviceMatrix input, VolumeShape shape, int factor, DeviceMatrix output)
    {
        Volume(input, shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        long square = (long)factor * factor;
        if (input.Columns % square != 0)
        {
            throw new ArgumentException($"{input.Columns} channels are not a multiple of {factor}·{factor}.", nameof(factor));
        }

        Shape(output, input.Rows * square, (int)(input.Columns / square), nameof(output));
        Apart(output, input, nameof(output));
    }

    /// <summary>Checks <see cref="IComputeDevice.FrameShuffle"/>.</summary>
    public static void FrameShuffle(DeviceMatrix input, VolumeShape shape, DeviceMatrix output)
    {
        Volume(input, shape);
        if (input.Columns % 2 != 0)
        {
            throw new ArgumentException($"{input.Columns} channels are not a multiple of 2.", nameof(input));
        }

        long framePositions = (long)shape.Height * shape.Width;
        Shape(output, ((2L * shape.Frames) - 1) * framePositions, input.Columns / 2, nameof(output));
        Apart(output, input, nameof(output));
    }

    /// <summary>Checks <see cref="IComputeDevice.BlurDown"/> and returns the kernel's extent k.</summary>
    public static int BlurDown(DeviceMatrix input, VolumeShape shape, int kernelLength, int stride, DeviceMatrix output)
    {
        Volume(input, shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        int extent = (int)Math.Sqrt(kernelLength);
        if (kernelLength < 1 || extent * extent != kernelLength || extent % 2 == 0)
        {
            throw new ArgumentException($"A kernel of {kernelLength} values is not k·k with an odd k.", nameof(kernelLength));
        }

        long rows = (((long)shape.Height + stride - 1) / stride) * (((long)shape.Width + stride - 1) / stride) * shape.Frames;
        Shape(output, rows, input.Columns, nameof(output));
        Apart(output, input, nameof(output));
        return extent;
    }

    private static void ElementWise(DeviceMatrix input, DeviceMatrix output)
    {
        Present(input, nameof(input));
        Shape(output, input.Rows, input.Columns, nameof(output));
        SameOrApart(output, input, nameof(output));
    }

    private static void Volume(DeviceMatrix input, VolumeShape shape)
    {
        Present(input, nameof(input));
        if (shape.Frames < 1 || shape.Height < 1 || shape.Width < 1)
        {
            throw new ArgumentException($"The extents {Describe(shape)} must all be at least 1.", nameof(shape));
        }

        // The product of three extents below 2³¹ can exceed 64 bits: the division keeps the comparison exact.
        long framePositions = (long)shape.Height * shape.Width;
        if (framePositions > input.Rows || framePositions * shape.Frames != input.Rows)
        {
            throw new ArgumentException($"The extents {Describe(shape)} do not describe {Describe(input)}.", nameof(shape));
        }
    }

    private static void Optional(RowVectors? vectors, int tokens, int width, DeviceMatrix output, string name)
    {
        if (vectors is { } given)
        {
            Vectors(given, tokens, width, name);
            Apart(output, given.Rows, name);
        }
    }

    private static void Vectors(RowVectors vectors, int tokens, int width, string name)
    {
        Present(vectors.Rows, name);
        Columns(vectors.Rows, width, name);
        if (vectors.RowOfToken is { } indices)
        {
            if (vectors.Tokens != tokens)
            {
                throw new ArgumentException($"{vectors.Tokens} row indices were given for {tokens} tokens.", name);
            }

            if (indices.Maximum >= vectors.Rows.Rows)
            {
                throw new ArgumentException($"A token asks for row {indices.Maximum} of {Describe(vectors.Rows)}.", name);
            }
        }
        else if (vectors.Rows.Rows < 1)
        {
            throw new ArgumentException("At least one row is needed.", name);
        }
    }

    private static void Present(DeviceMatrix matrix, string name)
    {
        if (matrix.Buffer is null)
        {
            throw new ArgumentException("The view has no buffer.", name);
        }
    }

    private static void Columns(DeviceMatrix matrix, int columns, string name)
    {
        if (matrix.Columns != columns)
        {
            throw new ArgumentException($"{columns} columns are needed, the view is {Describe(matrix)}.", name);
        }
    }

    private static void Shape(DeviceMatrix matrix, long rows, int columns, string name)
    {
        Present(matrix, name);
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            throw new ArgumentException($"[{rows}, {columns}] is needed, the view is {Describe(matrix)}.", name);
        }
    }

    private static void Known(Activation activation, string name)
    {
        if (activation is not (Activation.None or Activation.Silu or Activation.GeluTanh))
        {
            throw new ArgumentOutOfRangeException(name, activation, "Unknown activation.");
        }
    }

    private static void Epsilon(float epsilon)
    {
        // Written so that NaN fails too.
        if (!(epsilon >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "ε must be 0 or more.");
        }
    }

    private static void Apart(DeviceMatrix output, DeviceMatrix input, string name)
    {
        if (output.Overlaps(input))
        {
            throw new ArgumentException("The output overlaps an input.", name);
        }
    }

    private static void SameOrApart(DeviceMatrix output, DeviceMatrix input, string name)
    {
        if (output != input && output.Overlaps(input))
        {
            throw new ArgumentException("The output overlaps an input without being the same view.", name);
        }
    }

    private static string Describe(DeviceMatrix matrix) => $"[{matrix.Rows}, {matrix.Columns}]";

    private static string Describe(VolumeShape shape) => $"{shape.Frames}×{shape.Height}×{shape.Width}";
}
