using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints;

/// <summary>One tensor of an open safetensors file, read in place from the memory-mapped file.</summary>
internal sealed class StoredTensor : ITensorData
{
    private readonly SafetensorsFile _file;

    internal StoredTensor(SafetensorsFile file, string name, DataType dataType, TensorShape shape, long fileOffset, long byteLength)
    {
        _file = file;
        Name = name;
        DataType = dataType;
        Shape = shape;
        FileOffset = fileOffset;
        ByteLength = byteLength;
    }

    /// <summary>The stored name.</summary>
    public string Name { get; }

    /// <summary>Full path of the file that holds the tensor, links resolved.</summary>
    public string FilePath => _file.FilePath;

    /// <summary>Where the tensor's bytes begin, counted from the start of the file (for external data of graphs).</summary>
    public long FileOffset { get; }

    /// <summary>The number of bytes.</summary>
    public long ByteLength { get; }

    /// <inheritdoc/>
    public DataType DataType { get; }

    /// <inheritdoc/>
    public TensorShape Shape { get; }

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">The tensor is larger than a span may be: read it in parts.</exception>
    public ReadOnlySpan<byte> Bytes => ByteLength <= int.MaxValue
        ? _file.GetBytes(FileOffset, ByteLength)
        : throw new ModelFormatException(
            FilePath, ModelFormatErrorKind.LimitExceeded, $"Tensor '{Name}' has {ByteLength} bytes; at most {int.MaxValue} are read at once.");

    /// <summary>A contiguous part of the tensor as a tensor of its own, read in place: rows of a table too long for one span, a share of a conversion.</summary>
    /// <param name="firstElement">Index of the part's first element in row-major order.</param>
    /// <param name="shape">The part's shape.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part leaves the tensor.</exception>
    internal StoredTensor Slice(long firstElement, TensorShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement, Shape.ElementCount - shape.ElementCount);
        int size = DataType.SizeInBytes();
        return new StoredTensor(_file, Name, DataType, shape, FileOffset + (firstElement * size), shape.ElementCount * size);
    }

    /// <summary>Reads the tensor from the disk into the system's cache, on the calling thread.</summary>
    public void ReadAhead() => MappedFile.ReadAhead(Bytes);

    /// <summary>
    /// Takes the tensor's pages out of the process once its values were copied: they would count as its memory. Reading it again is allowed.
    /// </summary>
    public void ReleasePages() => MappedFile.Release(Bytes);

    /// <summary>Converts the whole tensor to fp32.</summary>
    /// <param name="destination">Receives <see cref="TensorShape.ElementCount"/> values.</param>
    public void CopyToFloat32(Span<float> destination) => TensorConversion.ToFloat32(this, destination);

    /// <summary>Converts the whole tensor to a new fp32 array.</summary>
    public float[] ToFloat32Array()
    {
        float[] values = new float[Shape.ElementCount];
        CopyToFloat32(values);
        return values;
    }
}
