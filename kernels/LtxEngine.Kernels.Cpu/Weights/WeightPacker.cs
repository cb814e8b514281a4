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

    /// <summary>Packs linear layers that share their input.</summary>
    /// <exception cref="ArgumentException">A shape or type is wrong; the message names the part.</exception>
    public static CpuWeight PackLinear(CpuComputeDevice device, ReadOnlySpan<LinearPart> parts, WorkerPool pool, MemoryAccount account)
    {
        if (parts.IsEmpty)
        {
            throw new ArgumentException("At least one part is needed.", nameof(parts));
        }

        int inputs = 0;
        int outputs = 0;
        bool isBrain = true;
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
            isBrain &= FitsBrain(weight.DataType);
        }

        CpuWeight packed = new(device, outputs, inputs, null, isBrain, account);
        int first = 0;
        foreach (LinearPart part in parts)
        {
            Pack(packed, part.Weight, first, pool);
            CopyBias(packed, part.Bias, first);
            new Span<float>(packed.Scale + first, part.Weight.Shape.Extent(0)).Fill(part.Scale);
            first += part.Weight.Shape.Extent(0);
        }

        return packed;
    }

    /// <summary>Packs a convolution.</summary>
    /// <exception cref="ArgumentException">A shape or type is wrong.</exception>
    public static CpuWeight PackConvolution(CpuComputeDevice device, ConvolutionPart part, WorkerPool pool, MemoryAccount account)
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
        CpuWeight packed = new(device, shape.Extent(0), shape.Extent(1), extents, FitsBrain(weight.DataType), account);
        Pack(packed, weight, 0, pool);
        CopyBias(packed, part.Bias, 0);
        return packed;
    }

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

    private static void Pack(CpuWeight packed, ITensorData weight, int firstOutput, WorkerPool pool)
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
                IsBrain = packed.IsBrain,
            };
            pool.RunPreparation(&PackPanel, &job, lastPanel - firstPanel + 1);
        }
    }

    /// <summary>
    /// Writes the columns of one panel that belong to this part. Columns behind the last output are written as 0 together with the part
    /// that holds the last output, and so is the step that makes an odd depth even.
    /// </summary>
    private static void PackPanel(void* arguments, int task, int worker)
    {
        Job* job = (Job*)arguments;
        int panel = job->FirstPanel + task;
        int firstColumn = Math.Max(0, job->FirstOutput - (panel * Panel.Columns));
        int endColumn = Math.Min(Panel.Columns, job->FirstOutput + job->Outputs - (panel * Panel.Columns));
        int endWritten = job->FirstOutput + job->Outputs == job->TotalOutputs ? Panel.Columns : endColumn;
        int paddedDepth = job->Depth + (job->Depth & 1);
        byte* values = job->Values + (panel * job->PanelBytes);
        if (endWritten > endColumn || paddedDepth > job->Depth)
        {
            Clear(job, values, firstColumn, endWritten, paddedDepth);
        }

        long firstStored = ((long)panel * Panel.Columns) + firstColumn - job->FirstOutput;
        bool isCopied = job->Taps == 1 && job->DataType == (job->IsBrain ? DataType.BFloat16 : DataType.Float32);
        if (isCopied)
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

    /// <summary>
    /// Stored rows become columns as they are: fp32 values, or bf16 values two by two, since two neighbours of a stored row make exactly
    /// the 32-bit word of the packed layout.
    /// </summary>
    private static void CopyColumns(Job* job, byte* values, int firstColumn, int count, long firstStored)
    {
        int size = job->IsBrain ? sizeof(ushort) : sizeof(float);
        float** rows = stackalloc float*[Panel.Columns];
        for (int i = 0; i < count; i++)
        {
            rows[i] = (float*)(job->Source + ((firstStored + i) * job->Depth * size));
        }

        Transposition.Run(rows, count, job->IsBrain ? job->Depth / 2 : job->Depth, (float*)values + firstColumn, Panel.Columns);
        if (job->IsBrain && job->Depth % 2 != 0)
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
        int size = job->DataType.SizeInBytes();
        byte* source = job->Source + (stored * job->Depth * size);
        Span<float> converted = stackalloc float[ConvertedAtOnce];
        for (int start = 0; start < job->Depth; start += ConvertedAtOnce)
        {
            int count = Math.Min(ConvertedAtOnce, job->Depth - start);
            TensorConversion.ToFloat32(job->DataType, new ReadOnlySpan<byte>(source + ((long)start * size), count * size), converted[..count]);
            for (int i = 0; i < count; i++)
            {
                int step = ((start + i) % job->Taps * job->Inputs) + ((start + i) / job->Taps);
                Write(job, values, step, column, converted[i]);
            }
        }
    }

    private static void Clear(Job* job, byte* values, int firstColumn, int endColumn, int paddedDepth)
    {
        for (int column = firstColumn; column < endColumn; column++)
        {
            for (int step = 0; step < paddedDepth; step++)
            {
                Write(job, values, step, column, 0f);
            }
        }
    }

    private static void Write(Job* job, byte* panel, int step, int column, float value)
    {
        if (job->IsBrain)
        {
            long pair = ((long)(step / 2) * Panel.Columns) + column;
            ((ushort*)panel)[(pair * 2) + (step % 2)] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }
        else
        {
            ((float*)panel)[((long)step * Panel.Columns) + column] = value;
        }
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
        public bool IsBrain;
    }
}
