using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Kernels.Cpu.Weights;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// The processor as a compute device. Operations run at once and return when they are done; they come from one thread at a time.
/// The methods here are launchers: they check the arguments, resolve handles to addresses and choose the tactic; the arithmetic is in
/// the kernels. Buffers and weights own their memory and may outlive the device, but can then only be disposed.
/// </summary>
internal sealed partial class CpuComputeDevice : IComputeDevice
{
    /// <summary>The most threads that a device may have.</summary>
    public const int MaximumThreads = 1024;

    private readonly MemoryAccount _account = new();
    private readonly ScratchMemory _scratch = new();
    private readonly WorkerPool _pool;
    private readonly KernelTable _kernels;
    private bool _disposed;

    /// <summary>Starts a device.</summary>
    /// <param name="threads">Number of threads, 1 … <see cref="MaximumThreads"/>; results do not depend on it.</param>
    /// <param name="instructionSet">The instruction set, or null for the widest.</param>
    /// <param name="precision">In which numbers it multiplies.</param>
    /// <param name="allowsMachineCode">Whether micro-kernels may be assembled at run time where the processor has instructions for them.</param>
    /// <exception cref="NotSupportedException">The processor lacks the instruction set.</exception>
    public CpuComputeDevice(
        int threads,
        CpuInstructionSet? instructionSet = null,
        ComputePrecision precision = ComputePrecision.Single,
        bool allowsMachineCode = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaximumThreads);
        InstructionSet = instructionSet ?? CpuInstructionSets.Best;
        if (!CpuInstructionSets.IsSupported(InstructionSet))
        {
            throw new NotSupportedException($"This processor or runtime does not offer {InstructionSet}.");
        }

        _kernels = KernelTable.For(InstructionSet, precision, allowsMachineCode);
        _pool = new WorkerPool(threads);
        Name = $"cpu ({CpuInstructionSets.Describe(InstructionSet)}, {threads} {(threads == 1 ? "thread" : "threads")})";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Arithmetic => $"cpu ({CpuInstructionSets.Describe(InstructionSet)}, {Precision})";

    /// <summary>The instruction set in use.</summary>
    public CpuInstructionSet InstructionSet { get; }

    /// <summary>In which numbers linear layers are multiplied; <see cref="ComputePrecision.Single"/> where bf16 is wanted and the processor is no faster with it.</summary>
    public ComputePrecision Precision => _kernels.Precision;

    /// <summary>The number of threads in use, the calling one included.</summary>
    public int Threads => _pool.Threads;

    /// <inheritdoc/>
    public long AllocatedBytes => _account.Bytes;

    /// <summary>Working memory held between operations, in bytes; not part of <see cref="AllocatedBytes"/>.</summary>
    public long ScratchBytes => _scratch.ByteLength;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long length)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return new CpuBuffer(this, length, _account);
    }

    /// <inheritdoc/>
    public DeviceIndices CreateIndices(ReadOnlySpan<int> rowOfToken)
    {
        ThrowIfDisposed();
        int maximum = 0;
        foreach (int row in rowOfToken)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row, nameof(rowOfToken));
            maximum = Math.Max(maximum, row);
        }

        return new CpuIndices(rowOfToken, maximum, _account);
    }

    /// <inheritdoc/>
    public DeviceRotaryTable CreateRotaryTable(
        ReadOnlySpan<float> cosines,
        ReadOnlySpan<float> sines,
        int tokens,
        int width,
        int heads,
        RotaryLayout layout)
    {
        ThrowIfDisposed();
        OperationChecks.RotaryTable(cosines.Length, sines.Length, tokens, width, heads, layout);
        return new CpuRotaryTable(cosines, sines, tokens, width, heads, layout, _account);
    }

    /// <inheritdoc/>
    public IDeviceWeight PrepareLinear(ReadOnlySpan<LinearPart> parts)
    {
        ThrowIfDisposed();
        return WeightPacker.PackLinear(this, parts, _kernels, _pool, _account);
    }

    /// <inheritdoc/>
    public bool SharesHostMemory => true;

    /// <inheritdoc/>
    public IDeviceWeight BindLinear(ITensorData weight)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(weight);
        return WeightPacker.BindLinear(this, weight, _kernels, _pool, _account);
    }

    /// <inheritdoc/>
    public IDeviceWeight PrepareConvolution(ConvolutionPart part)
    {
        ThrowIfDisposed();
        return WeightPacker.PackConvolution(this, part, _kernels, _pool, _account);
    }

    /// <inheritdoc/>
    public void Synchronize() => ThrowIfDisposed();

    /// <summary>Ends the worker threads and frees the working memory. Buffers and weights stay valid to dispose.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _pool.Dispose();
            _scratch.Dispose();
            _kernels.Dispose();
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    private unsafe RowsView Resolve(DeviceMatrix matrix, string name)
    {
        if (matrix.Buffer is not CpuBuffer buffer || !ReferenceEquals(buffer.Device, this))
        {
            throw new ArgumentException("The buffer belongs to another device.", name);
        }

        return new RowsView(buffer.Pointer + matrix.Offset, matrix.RowStride, matrix.Rows, matrix.Columns);
    }

    private unsafe RowVectorsView Resolve(RowVectors? vectors, string name)
    {
        if (vectors is not { } given)
        {
            return default;
        }

        int* rowOfToken = Resolve(given.RowOfToken, name);
        return new RowVectorsView(Resolve(given.Rows, name), rowOfToken is null ? null : rowOfToken + given.FirstToken);
    }

    private static unsafe int* Resolve(DeviceIndices? indices, string name) => indices switch
    {
        null => null,
        CpuIndices own => own.Pointer,
        _ => throw new ArgumentException("The indices belong to another device.", name),
    };

    private CpuWeight Resolve(IDeviceWeight weight, bool isConvolution)
    {
        if (weight is not CpuWeight packed || !ReferenceEquals(packed.Device, this))
        {
            throw new ArgumentException("The weight belongs to another device.", nameof(weight));
        }

        if (packed.Kernel.HasValue != isConvolution)
        {
            throw new ArgumentException(
                isConvolution ? "The weight is that of a linear layer." : "The weight is that of a convolution.", nameof(weight));
        }

        return packed;
    }
}
