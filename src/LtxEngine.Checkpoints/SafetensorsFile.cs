using System.Buffers.Binary;
using System.Text.Json;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints;

/// <summary>An open safetensors file, memory-mapped; tensors are read in place.</summary>
internal sealed class SafetensorsFile : ITensorCollection, IDisposable
{
    private readonly MappedFile _file;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsFile(string path)
    {
        FilePath = Path.GetFullPath(path);
        _file = new MappedFile(path);
        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(_file.GetBytes(0, 8));
        using JsonDocument header = JsonDocument.Parse(_file.GetBytes(8, headerLength).ToArray());
        foreach (JsonProperty property in header.RootElement.EnumerateObject())
        {
            if (property.NameEquals("__metadata__"))
            {
                foreach (JsonProperty entry in property.Value.EnumerateObject())
                {
                    _metadata[entry.Name] = entry.Value.GetString()!;
                }

                continue;
            }

            long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
            long begin = property.Value.GetProperty("data_offsets")[0].GetInt64();
            long end = property.Value.GetProperty("data_offsets")[1].GetInt64();
            DataType dataType = property.Value.GetProperty("dtype").GetString() switch
            {
                "F32" => DataType.Float32,
                "BF16" => DataType.BFloat16,
                "I64" => DataType.Int64,
                "U8" => DataType.UInt8,
                "F8_E4M3" => DataType.Float8E4M3,
                string other => throw new NotSupportedException(other),
                null => throw new NotSupportedException("dtype"),
            };
            _tensors.Add(property.Name, new StoredTensor(this, property.Name, dataType, new TensorShape(shape), 8 + headerLength + begin, end - begin));
        }
    }

    /// <summary>Full path of the file.</summary>
    public string FilePath { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The file.</param>
    public static SafetensorsFile Open(string path) => new(path);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal ReadOnlySpan<byte> GetBytes(long offset, long length) => _file.GetBytes(offset, length);
}
