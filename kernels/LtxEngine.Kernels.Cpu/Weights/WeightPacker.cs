using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>Checks stored weights and packs them into <see cref="CpuWeight"/>.</summary>
internal static unsafe class WeightPacker
{
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

            inputs = weight.Shape.Extent(1);
            CheckBias(parts[i].Bias, weight.Shape.Extent(0), $"Part {i}", nameof(parts));
            outputs = checked(outputs + weight.Shape.Extent(0));
            isBrain &= StoredElements.FitsBrain(weight.DataType);
        }

        CpuWeight packed = new(device, outputs, inputs, null, isBrain, account);
        int first = 0;
        foreach (LinearPart part in parts)
        {
            Pack(packed, part.Weight, first, pool);
            CopyBias(packed, part.Bias, first);
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
        CpuWeight packed = new(device, shape.Extent(0), shape.Extent(1), extents, StoredElements.FitsBrain(weight.DataType), account);
        Pack(packed, weight, 0, pool);
        CopyBias(packed, part.Bias, 0);
        return packed;
    }

    private static void CheckType(ITensorData tensor, string owner, string name)
    {
        if (!StoredElements.IsSupported(tensor.DataType))
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
            float* destination = packed.Bias + firstOutput;
            ReadOnlySpan<byte> bytes = bias.Bytes;
            for (int i = 0; i < bias.Shape.Extent(0); i++)
            {
                destination[i] = StoredElements.Read(bias.DataType, bytes, i);
            }
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
                SourceLength = weight.Bytes.Length,
                DataType = weight.DataType,
                FirstOutput = firstOutput,
                Outputs = outputs,
                TotalOutputs = packed.OutputFeatures,
                Inputs = packed.InputFeatures,
                Taps = packed.Kernel?.Taps ?? 1,
                FirstPanel = firstPanel,
                Values = packed.Values,
                PanelBytes = packed.PanelBytes,
                IsBrain = packed.IsBrain,
            };
            pool.RunPreparation(&PackPanel, &job, lastPanel - firstPanel + 1);
        }
    }

    /// <summary>
    /// Writes the columns of one panel that belong to this part. Padding (odd depth, columns behind the last output) is written as 0
    /// together with the part that holds the last output.
    /// </summary>
    private static void PackPanel(void* arguments, int task, int worker)
    {
        Job* job = (Job*)arguments;
        int panel = job->FirstPanel + task;
        int depth = job->Taps * job->Inputs;
        ReadOnlySpan<byte> source = new(job->Source, job->SourceLength);
        byte* values = job->Values + (panel * job->PanelBytes);
        int endOutput = job->FirstOutput + job->Outputs;
        for (int column = 0; column < Panel.Columns; column++)
        {
            int output = (panel * Panel.Columns) + column;
            bool isPadding = output >= job->TotalOutputs && endOutput == job->TotalOutputs;
            if (!isPadding && (output < job->FirstOutput || output >= endOutput))
            {
                continue;
            }

            // Stored as [output][input][tap]; packed with the input fastest, as the gathered rows of a convolution have it.
            int stored = isPadding ? 0 : checked((output - job->FirstOutput) * depth);
            for (int tap = 0; tap < job->Taps; tap++)
            {
                for (int input = 0; input < job->Inputs; input++)
                {
                    float value = isPadding ? 0f : StoredElements.Read(job->DataType, source, stored + (input * job->Taps) + tap);
                    Write(job, values, (tap * job->Inputs) + input, column, value);
                }
            }

            if (depth % 2 != 0)
            {
                Write(job, values, depth, column, 0f);
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
        public int SourceLength;
        public DataType DataType;
        public int FirstOutput;
        public int Outputs;
        public int TotalOutputs;
        public int Inputs;
        public int Taps;
        public int FirstPanel;
        public byte* Values;
        public long PanelBytes;
        public bool IsBrain;
    }
}
