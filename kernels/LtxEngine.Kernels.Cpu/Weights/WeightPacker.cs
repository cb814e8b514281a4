using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Kernels.Cpu.Vectors;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>Checks stored weights and packs them into <see cref="CpuWeight"/>.</summary>
internal static unsafe class WeightPacker
{
    private const int ConvertedAtOnce = 1024;

    // 255 · 127 · 65536 < 2³¹.
    private const int MaximumByteDepth = 65536;

    /// <summary>Packs linear layers that share their input.</summary>
    /// <exception cref="ArgumentException">A shape or type is wrong; the message names the part.</exception>
    public static CpuWeight PackLinear(CpuComputeDevice device, ReadOnlySpan<LinearPart> parts, KernelTable kernels, WorkerPool pool, MemoryAccount account)
    {
        if (parts.IsEmpty)
        {
            throw new ArgumentException("At least one part is needed.", nameof(parts));
        }

        int inputs = 0;
        int outputs = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            ITensorData weight = parts[i].Weight ?? throw new ArgumentException($"Part {i} has no weight.", nameof(parts));
            CheckType(weight, $"Part {i}", nameof(parts));
            if (weight.Shape.Rank != 2 || weight.Shape[0] < 1 || weight.Shape[1] < 1)
            {
                throw new ArgumentException($"Part {i} has the shape {weight.Shape}; [outputs, inputs] is needed.", nameof(parts));
            }

            if (i > 0 && weight.Shape.Extent(1) != inputs)
            {
                throw new ArgumentException($"Part {i} has {weight.Shape[1]} inputs, part 0 has {inputs}.", nameof(parts));
            }

            if (!float.IsFinite(parts[i].Scale))
            {
                throw new ArgumentException($"Part {i} has the scale {parts[i].Scale}; a finite number is needed.", nameof(parts));
            }

            inputs = weight.Shape.Extent(1);
            CheckBias(parts[i].Bias, weight.Shape.Extent(0), $"Part {i}", nameof(parts));
            outputs = checked(outputs + weight.Shape.Extent(0));
        }

        CpuWeight packed = new(device, outputs, inputs, null, FormatOf(parts, inputs, kernels), account);
        int first = 0;
        foreach (LinearPart part in parts)
        {
            new Span<float>(packed.Scale + first, part.Weight.Shape.Extent(0)).Fill(part.Scale);
            Pack(packed, part.Weight, first, kernels, pool);
            CopyBias(packed, part.Bias, first);
            first += part.Weight.Shape.Extent(0);
        }

        return packed;
    }

    /// <summary>Takes the weights of a linear layer into use where they lie, or packs them where their type does not allow that.</summary>
    /// <exception cref="ArgumentException">A shape or type is wrong.</exception>
    public static CpuWeight BindLinear(CpuComputeDevice device, ITensorData weight, KernelTable kernels, WorkerPool pool, MemoryAccount account)
    {
        CheckType(weight, "The weight", nameof(weight));
        bool isPairs = weight.Shape.Rank == 2 && weight.Shape[0] >= 1 && weight.Shape[1] >= 2 && weight.Shape[1] % 2 == 0;
        return isPairs && weight.DataType == DataType.BFloat16 && BitConverter.IsLittleEndian
            ? new CpuWeight(device, weight, account)
            : PackLinear(device, [new LinearPart(weight, null)], kernels, pool, account);
    }

    /// <summary>Packs a convolution.</summary>
    /// <exception cref="ArgumentException">A shape or type is wrong.</exception>
    public static CpuWeight PackConvolution(CpuComputeDevice device, ConvolutionPart part, KernelTable kernels, WorkerPool pool, MemoryAccount account)
    {
        ITensorData weight = part.Weight ?? throw new ArgumentException("The convolution has no weight.", nameof(part));
        CheckType(weight, "The convolution", nameof(part));
        TensorShape shape = weight.Shape;
        bool isValid = shape.Rank is 4 or 5 && shape[0] >= 1 && shape[1] >= 1;
        for (int axis = 2; isValid && axis < shape.Rank; axis++)
        {
            isValid = shape[axis] % 2 == 1;
        }

        if (!isValid)
        {
            throw new ArgumentException(
                $"The convolution has the shape {shape}; [outputs, inputs, (frames,) height, width] with odd kernel extents is needed.", nameof(part));
        }

        CheckBias(part.Bias, shape.Extent(0), "The convolution", nameof(part));
        ConvolutionExtents extents = new(shape.Rank == 5 ? shape.Extent(2) : 1, shape.Extent(shape.Rank - 2), shape.Extent(shape.Rank - 1));
        CpuWeight packed = new(device, shape.Extent(0), shape.Extent(1), extents, FloatFormatOf(FitsBrain(weight.DataType), kernels), account);
        Pack(packed, weight, 0, kernels, pool);
        CopyBias(packed, part.Bias, 0);
        return packed;
    }

    /// <summary>
    /// 8-bit weights stay 8-bit; with 8-bit products all become so. The sums of bytes fit 32 bits up to
    /// <see cref="MaximumByteDepth"/> values; deeper layers are multiplied as floats.
    /// </summary>
    private static PanelFormat FormatOf(ReadOnlySpan<LinearPart> parts, int inputs, KernelTable kernels)
    {
        if (kernels.Precision == ComputePrecision.Int8 && inputs <= MaximumByteDepth)
        {
            return kernels.Bytes is null ? PanelFormat.SignedBytePairs : PanelFormat.SignedByteQuads;
        }

        bool fitBrain = true;
        DataType? common = parts[0].Weight.DataType;
        foreach (LinearPart part in parts)
        {
            fitBrain &= FitsBrain(part.Weight.DataType);
            common = part.Weight.DataType == common ? common : null;
        }

        return common switch
        {
            DataType.Float8E4M3 => PanelFormat.Float8E4M3Pairs,
            DataType.Float8E5M2 => PanelFormat.Float8E5M2Pairs,
            _ => FloatFormatOf(fitBrain, kernels),
        };
    }

    private static PanelFormat FloatFormatOf(bool fitsBrain, KernelTable kernels) =>
        fitsBrain || kernels.BrainPairs is not null ? PanelFormat.BrainPairs : PanelFormat.Single;

    /// <summary>Whether every value of the type is exactly a bf16: its exponents are among bf16's and it has at most 7 fraction bits.</summary>
    private static bool FitsBrain(DataType dataType) =>
        dataType is DataType.BFloat16 or DataType.Float8E4M3 or DataType.Float8E5M2;

    private static bool IsFloat(DataType dataType) =>
        FitsBrain(dataType) || dataType is DataType.Float16 or DataType.Float32 or DataType.Float64;

    private static void CheckType(ITensorData tensor, string owner, string name)
    {
        if (!IsFloat(tensor.DataType))
        {
            throw new ArgumentException($"{owner} is stored as {tensor.DataType}, which is not a type of weights.", name);
        }

        long needed = checked(tensor.Shape.ElementCount * tensor.DataType.SizeInBytes());
        if (tensor.Bytes.Length != needed)
        {
            throw new ArgumentException($"{owner} holds {tensor.Bytes.Length} bytes, its shape {tensor.Shape} needs {needed}.", name);
        }
    }

    private static void CheckBias(ITensorData? bias, int outputs, string owner, string name)
    {
        if (bias is null)
        {
            return;
        }

        CheckType(bias, owner + "'s bias", name);
        if (bias.Shape.Rank != 1 || bias.Shape[0] != outputs)
        {
            throw new ArgumentException($"{owner} has {outputs} outputs and a bias of the shape {bias.Shape}.", name);
        }
    }

    private static void CopyBias(CpuWeight packed, ITensorData? bias, int firstOutput)
    {
        if (bias is not null)
        {
            TensorConversion.ToFloat32(bias, new Span<float>(packed.Bias + firstOutput, bias.Shape.Extent(0)));
        }
    }

    private static void Pack(CpuWeight packed, ITensorData weight, int firstOutput, KernelTable kernels, WorkerPool pool)
    {
        fixed (byte* source = weight.Bytes)
        {
            int outputs = weight.Shape.Extent(0);
            int firstPanel = firstOutput / Panel.Columns;
            int lastPanel = (firstOutput + outputs - 1) / Panel.Columns;
            Job job = new()
            {
                Source = source,
                DataType = weight.DataType,
                FirstOutput = firstOutput,
                Outputs = outputs,
                TotalOutputs = packed.OutputFeatures,
                Inputs = packed.InputFeatures,
                Taps = packed.Kernel?.Taps ?? 1,
                Depth = packed.Depth,
                FirstPanel = firstPanel,
                Values = packed.Values,
                PanelBytes = packed.PanelBytes,
                PaddedDepth = packed.PaddedDepth,
                Format = packed.Format,
                Scale = packed.Scale,
                ColumnSums = packed.ColumnSums,
                ByteLimit = kernels.WeightLimit,
                Measure = kernels.MeasureRange,
                Quantise = kernels.QuantiseBytes,
            };
            pool.RunPreparation(&PackPanel, &job, lastPanel - firstPanel + 1);
        }
    }

    /// <summary>
    /// Writes the columns of one panel that belong to this part. Columns behind the last output are written as 0 together with the part
    /// that holds the last output, and so are the steps that pad the depth.
    /// </summary>
    private static void PackPanel(void* arguments, int task, int worker)
    {
        Job* job = (Job*)arguments;
        int panel = job->FirstPanel + task;
        int firstColumn = Math.Max(0, job->FirstOutput - (panel * Panel.Columns));
        int endColumn = Math.Min(Panel.Columns, job->FirstOutput + job->Outputs - (panel * Panel.Columns));
        int endWritten = job->FirstOutput + job->Outputs == job->TotalOutputs ? Panel.Columns : endColumn;
        byte* values = job->Values + (panel * job->PanelBytes);
        if (endWritten > endColumn || job->PaddedDepth > job->Depth)
        {
            Clear(job, values, firstColumn, endWritten);
        }

        long firstStored = ((long)panel * Panel.Columns) + firstColumn - job->FirstOutput;
        if (PanelFormats.IsQuantised(job->Format))
        {
            QuantiseColumns(job, values, panel * Panel.Columns, firstColumn, endColumn - firstColumn, firstStored);
        }
        else if (PanelFormats.IsWidened(job->Format))
        {
            CopyBytes(job, values, firstColumn, endColumn - firstColumn, firstStored);
        }
        else if (job->Taps == 1 && job->DataType == (job->Format == PanelFormat.BrainPairs ? DataType.BFloat16 : DataType.Float32))
        {
            CopyColumns(job, values, firstColumn, endColumn - firstColumn, firstStored);
        }
        else
        {
            for (int column = firstColumn; column < endColumn; column++)
            {
                ConvertColumn(job, values, column, firstStored + column - firstColumn);
            }
        }
    }

    /// <summary>Stored rows of bytes become columns as they are.</summary>
    private static void CopyBytes(Job* job, byte* values, int firstColumn, int count, long firstStored)
    {
        byte* source = job->Source + (firstStored * job->Depth);
        for (int step = 0; step < job->Depth; step++)
        {
            byte* destination = values + (((long)(step / 2) * Panel.Columns) * 2) + (step % 2);
            for (int i = 0; i < count; i++)
            {
                destination[2 * (firstColumn + i)] = source[((long)i * job->Depth) + step];
            }
        }
    }

    /// <summary>
    /// Stored rows become columns of signed bytes, symmetric around 0: factor = max|w| / limit, byte = round(w / factor). The factor
    /// multiplies the one that the column has; a column with a value that is not finite gets NaN.
    /// </summary>
    private static void QuantiseColumns(Job* job, byte* values, int firstOutput, int firstColumn, int count, long firstStored)
    {
        float* converted = stackalloc float[ConvertedAtOnce];
        float* inverses = stackalloc float[Panel.Columns];
        byte* bytes = stackalloc byte[Panel.Columns * ConvertedAtOnce];
        float* range = stackalloc float[3];
        float** rows = stackalloc float*[Panel.Columns];
        for (int i = 0; i < count; i++)
        {
            rows[i] = (float*)(bytes + (i * ConvertedAtOnce));
            float largest = 0;
            for (int start = 0; start < job->Depth; start += ConvertedAtOnce)
            {
                job->Measure(converted, Convert(job, firstStored + i, start, converted), range);
                largest = Math.Max(largest, Math.Max(range[1], -range[0])) + range[2];
            }

            // A column of nothing but zeros keeps its factor.
            float factor = largest == 0 ? 1 : largest / job->ByteLimit;
            inverses[i] = 1 / factor;
            if (!float.IsFinite(inverses[i]))
            {
                // NaN, or values so small that their factor has no inverse: these count as 0.
                inverses[i] = 0;
            }

            job->Scale[firstOutput + firstColumn + i] *= factor;
        }

        for (int start = 0; start < job->Depth; start += ConvertedAtOnce)
        {
            int padded = Math.Min(ConvertedAtOnce, job->PaddedDepth - start);
            for (int i = 0; i < count; i++)
            {
                byte* row = (byte*)rows[i];
                int length = Convert(job, firstStored + i, start, converted);
                job->Quantise(converted, length, inverses[i], 0, -job->ByteLimit, job->ByteLimit, row);
                new Span<byte>(row + length, padded - length).Clear();
                if (job->ColumnSums is not null)
                {
                    job->ColumnSums[firstOutput + firstColumn + i] += Sum(row, padded);
                }
            }

            if (job->Format == PanelFormat.SignedByteQuads)
            {
                Transposition.Run(rows, count, padded / 4, (float*)values + ((long)(start / 4) * Panel.Columns) + firstColumn, Panel.Columns);
                continue;
            }

            for (int step = 0; step < padded; step++)
            {
                byte* destination = values + (((long)((start + step) / 2) * Panel.Columns) * 2) + (step % 2);
                for (int i = 0; i < count; i++)
                {
                    destination[2 * (firstColumn + i)] = ((byte*)rows[i])[step];
                }
            }
        }
    }

    private static int Sum(byte* bytes, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += (sbyte)bytes[i];
        }

        return sum;
    }

    private static int Convert(Job* job, long stored, int start, float* converted)
    {
        int size = job->DataType.SizeInBytes();
        int count = Math.Min(ConvertedAtOnce, job->Depth - start);
        byte* source = job->Source + (((stored * job->Depth) + start) * size);
        TensorConversion.ToFloat32(job->DataType, new ReadOnlySpan<byte>(source, count * size), new Span<float>(converted, count));
        return count;
    }

    /// <summary>
    /// Stored rows become columns as they are: fp32 values, or bf16 values two by two, since two neighbours of a stored row make exactly
    /// the 32-bit word of the packed layout.
    /// </summary>
    private static void CopyColumns(Job* job, byte* values, int firstColumn, int count, long firstStored)
    {
        bool isBrain = job->Format == PanelFormat.BrainPairs;
        int size = PanelFormats.ValueBytes(job->Format);
        float** rows = stackalloc float*[Panel.Columns];
        for (int i = 0; i < count; i++)
        {
            rows[i] = (float*)(job->Source + ((firstStored + i) * job->Depth * size));
        }

        Transposition.Run(rows, count, isBrain ? job->Depth / 2 : job->Depth, (float*)values + firstColumn, Panel.Columns);
        if (isBrain && job->Depth % 2 != 0)
        {
            for (int i = 0; i < count; i++)
            {
                Write(job, values, job->Depth - 1, firstColumn + i, BitConverter.UInt32BitsToSingle((uint)((ushort*)rows[i])[job->Depth - 1] << 16));
            }
        }
    }

    /// <summary>One output by way of fp32. Stored as [input][tap], packed with the input fastest, as a convolution gathers its rows.</summary>
    private static void ConvertColumn(Job* job, byte* values, int column, long stored)
    {
        float* converted = stackalloc float[ConvertedAtOnce];
        for (int start = 0; start < job->Depth; start += ConvertedAtOnce)
        {
            int count = Convert(job, stored, start, converted);
            for (int i = 0; i < count; i++)
            {
                int step = ((start + i) % job->Taps * job->Inputs) + ((start + i) / job->Taps);
                Write(job, values, step, column, converted[i]);
            }
        }
    }

    private static void Clear(Job* job, byte* values, int firstColumn, int endColumn)
    {
        int group = PanelFormats.GroupLength(job->Format);
        int groupBytes = group * PanelFormats.ValueBytes(job->Format);
        for (int step = 0; step < job->PaddedDepth; step += group)
        {
            byte* row = values + ((long)(step / group) * Panel.Columns * groupBytes);
            new Span<byte>(row + (firstColumn * groupBytes), (endColumn - firstColumn) * groupBytes).Clear();
        }
    }

    private static void Write(Job* job, byte* panel, int step, int column, float value)
    {
        if (job->Format == PanelFormat.BrainPairs)
        {
            long pair = ((long)(step / 2) * Panel.Columns) + column;
            ((ushort*)panel)[(pair * 2) + (step % 2)] = RoundToBrain(value);
        }
        else
        {
            ((float*)panel)[((long)step * Panel.Columns) + column] = value;
        }
    }

    /// <summary>To the nearest bf16, ties to even; NaN stays NaN.</summary>
    private static ushort RoundToBrain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((float.IsNaN(value) ? bits | 0x0040_0000u : bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }

    private struct Job
    {
        public byte* Source;
        public DataType DataType;
        public int FirstOutput;
        public int Outputs;
        public int TotalOutputs;
        public int Inputs;
        public int Taps;
        public int Depth;
        public int FirstPanel;
        public byte* Values;
        public long PanelBytes;
        public int PaddedDepth;
        public PanelFormat Format;
        public float* Scale;
        public int* ColumnSums;
        public int ByteLimit;
        public delegate*<float*, int, float*, void> Measure;
        public delegate*<float*, int, float, float, float, float, byte*, void> Quantise;
    }
}
