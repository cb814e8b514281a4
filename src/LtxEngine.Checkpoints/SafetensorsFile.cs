using System.Buffers.Binary;
using LtxEngine.Checkpoints.Safetensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints;

/// <summary>An open safetensors file, memory-mapped; tensors are read in place. Reading is safe from several threads; closing is not, while others read.</summary>
internal sealed class SafetensorsFile : ITensorCollection, IDisposable
{
    private const int PrefixLength = 8;

    private readonly MappedFile _file;
    private readonly Dictionary<string, StoredTensor> _tensors;

    private SafetensorsFile(string path, string folder, HeaderWork? work)
    {
        FilePath = ModelPath.ResolveFile(path, folder);
        _file = OpenMapped(FilePath);
        try
        {
            FileSignature.RefuseOtherFormats(FilePath, _file.GetBytes(0, Math.Min(_file.Length, FileSignature.LongestBytes)));
            long headerLength = ReadHeaderLength();
            SafetensorsHeader header = SafetensorsHeader.Parse(
                _file.GetBytes(PrefixLength, headerLength), _file.Length - PrefixLength - headerLength, FilePath, work);
            Metadata = header.Metadata;
            _tensors = new Dictionary<string, StoredTensor>(header.Entries.Count, StringComparer.Ordinal);
            foreach (SafetensorsEntry entry in header.Entries)
            {
                _tensors.Add(
                    entry.Name,
                    new StoredTensor(this, entry.Name, entry.DataType, entry.Shape, PrefixLength + headerLength + entry.Begin, entry.End - entry.Begin));
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Full path of the file, links resolved.</summary>
    public string FilePath { get; }

    /// <summary>The length of the file in bytes.</summary>
    public long FileLength => _file.Length;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and reads its header; tensor data is not touched.</summary>
    /// <param name="path">The file. If it is a link, its target must lie in the same folder or in the <c>blobs</c> folder of the download cache.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged or of another format.</exception>
    public static SafetensorsFile Open(string path) => Open(path, folder: null);

    /// <summary>Opens a file of a model folder.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The model folder that links must not leave; the file's own folder by default.</param>
    /// <param name="work">Counts the header bytes examined.</param>
    internal static SafetensorsFile Open(string path, string? folder, HeaderWork? work = null)
    {
        string fullPath = Path.GetFullPath(path);
        return new SafetensorsFile(fullPath, folder ?? Path.GetDirectoryName(fullPath) ?? fullPath, work);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal ReadOnlySpan<byte> GetBytes(long offset, long length) => _file.GetBytes(offset, length);

    private static MappedFile OpenMapped(string path)
    {
        try
        {
            return new MappedFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.NotFound, $"The file cannot be opened: {exception.Message}", exception);
        }
    }

    private long ReadHeaderLength()
    {
        if (_file.Length < PrefixLength + 2)
        {
            throw new ModelFormatException(
                FilePath, ModelFormatErrorKind.Truncated, $"The file has {_file.Length} bytes, too few for a safetensors header; download it again.");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(_file.GetBytes(0, PrefixLength));
        if (headerLength > SafetensorsLimits.HeaderBytes)
        {
            throw new ModelFormatException(
                FilePath,
                ModelFormatErrorKind.LimitExceeded,
                $"The header claims {headerLength} bytes; at most {SafetensorsLimits.HeaderBytes} are accepted. The file is damaged or is no safetensors file.");
        }

        if ((long)headerLength > _file.Length - PrefixLength)
        {
            throw new ModelFormatException(
                FilePath,
                ModelFormatErrorKind.Truncated,
                $"The header claims {headerLength} bytes, but only {_file.Length - PrefixLength} follow; download the file again.");
        }

        return (long)headerLength;
    }
}
