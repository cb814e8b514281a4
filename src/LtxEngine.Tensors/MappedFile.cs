using System.IO.MemoryMappedFiles;

namespace LtxEngine.Tensors;

/// <summary>A whole file mapped read-only into memory, addressable beyond 2 GiB. Nothing is read until it is touched.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;
    private bool _isDisposed;

    /// <summary>Maps a file.</summary>
    /// <param name="path">An existing regular file; an empty one is allowed and has no bytes.</param>
    public MappedFile(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            Length = stream.Length;
            if (Length == 0)
            {
                stream.Dispose();
                return;
            }

            _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        }
        catch
        {
            _view?.Dispose();
            _file?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The length of the file in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>A view of some bytes of the file. Valid until <see cref="Dispose"/>.</summary>
    /// <param name="offset">First byte, 0 … <see cref="Length"/>.</param>
    /// <param name="length">Number of bytes, at most 2³¹−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file or is too long for a span.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ReadOnlySpan<byte> GetBytes(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, int.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(_start + offset, (int)length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (_view is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }
    }
}
