using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using LtxEngine.Checkpoints.Safetensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints;

/// <summary>
/// Writes a safetensors file as a stream: the header first, from the declared tensors, then each tensor's bytes in that order.
/// The file appears under its name only when <see cref="Complete"/> has been called; without it the temporary file is deleted.
/// </summary>
internal sealed class SafetensorsWriter : IDisposable
{
    private const int DataAlignment = 8;

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly bool _overwrite;
    private readonly FileStream _stream;
    private readonly IReadOnlyList<(string Name, DataType DataType, TensorShape Shape)> _declarations;
    private int _current;
    private long _remaining;
    private bool _isCompleted;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The final name.</param>
    /// <param name="tensors">Name, type and shape of every tensor in the order in which the bytes will come.</param>
    /// <param name="metadata">The string map <c>__metadata__</c>; none when null or empty.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">A name occurs twice or is reserved.</exception>
    /// <exception cref="IOException">The file exists and must not be replaced, or cannot be written.</exception>
    public SafetensorsWriter(
        string path,
        IReadOnlyList<(string Name, DataType DataType, TensorShape Shape)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        bool overwrite = false)
    {
        _path = Path.GetFullPath(path);
        _overwrite = overwrite;
        _declarations = tensors;
        if (!overwrite && File.Exists(_path))
        {
            throw new IOException($"'{_path}' exists and is not overwritten.");
        }

        byte[] header = WriteHeader(tensors, metadata);
        _temporaryPath = $"{_path}.{Guid.NewGuid():N}.tmp";
        _stream = new FileStream(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
            _stream.Write(prefix);
            _stream.Write(header);
            _remaining = NextLength();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes a whole file from tensors that exist.</summary>
    /// <param name="path">The final name.</param>
    /// <param name="tensors">The tensors, in order.</param>
    /// <param name="metadata">The string map <c>__metadata__</c>; none when null or empty.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    public static void Write(
        string path, IReadOnlyList<(string Name, ITensorData Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null, bool overwrite = false)
    {
        using SafetensorsWriter writer = new(path, [.. tensors.Select(item => (item.Name, item.Tensor.DataType, item.Tensor.Shape))], metadata, overwrite);
        foreach ((_, ITensorData tensor) in tensors)
        {
            writer.Append(tensor.Bytes);
        }

        writer.Complete();
    }

    /// <summary>Appends bytes to the current tensor; when it is full, the next one begins. One call never spans two tensors.</summary>
    /// <param name="bytes">Little-endian elements.</param>
    /// <exception cref="InvalidOperationException">More bytes than the current tensor has room for.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _remaining)
        {
            string tensor = _current < _declarations.Count ? $"tensor '{_declarations[_current].Name}'" : "the file";
            throw new InvalidOperationException($"{bytes.Length} bytes do not fit: {tensor} takes {_remaining} more.");
        }

        _stream.Write(bytes);
        _remaining -= bytes.Length;
        if (_remaining == 0 && _current < _declarations.Count)
        {
            _current++;
            _remaining = NextLength();
        }
    }

    /// <summary>Appends fp32 values, converted to the current tensor's type.</summary>
    /// <param name="values">The values.</param>
    public void AppendFloat32(ReadOnlySpan<float> values)
    {
        if (_current == _declarations.Count)
        {
            throw new InvalidOperationException("Every declared tensor has been written.");
        }

        DataType dataType = _declarations[_current].DataType;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(checked(values.Length * dataType.SizeInBytes()));
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, values.Length * dataType.SizeInBytes());
            TensorConversion.FromFloat32(values, dataType, bytes);
            Append(bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Leaves the rest of the current tensor zero: a hole in the file, where the file system knows them.</summary>
    public void Skip()
    {
        _stream.Seek(_remaining, SeekOrigin.Current);
        if (_current < _declarations.Count)
        {
            _current++;
            _remaining = NextLength();
        }
    }

    /// <summary>Ends the file and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Bytes are missing.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Complete()
    {
        if (_remaining > 0)
        {
            throw new InvalidOperationException($"Tensor '{_declarations[_current].Name}' lacks {_remaining} bytes.");
        }

        if (_stream.Length < _stream.Position)
        {
            _stream.SetLength(_stream.Position);
        }

        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporaryPath, _path, _overwrite);
        _isCompleted = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_isCompleted)
        {
            File.Delete(_temporaryPath);
        }
    }

    private static byte[] WriteHeader(IReadOnlyList<(string Name, DataType DataType, TensorShape Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        HashSet<string> names = new(StringComparer.Ordinal) { "__metadata__" };
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, DataType dataType, TensorShape shape) in tensors)
            {
                if (!names.Add(name))
                {
                    throw new ArgumentException($"The name '{name}' occurs twice or is reserved.", nameof(tensors));
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsDataTypes.Format(dataType));
                json.WriteStartArray("shape");
                foreach (long dimension in shape.Dimensions)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset = checked(offset + (shape.ElementCount * dataType.SizeInBytes()));
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padding = (DataAlignment - (buffer.WrittenCount % DataAlignment)) % DataAlignment;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    // The bytes of the current tensor; empty tensors are passed over, since nothing is appended for them.
    private long NextLength()
    {
        for (; _current < _declarations.Count; _current++)
        {
            long length = _declarations[_current].Shape.ElementCount * _declarations[_current].DataType.SizeInBytes();
            if (length > 0)
            {
                return length;
            }
        }

        return 0;
    }
}
