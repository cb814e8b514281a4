using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LtxEngine.Tensors;

/// <summary>A whole file mapped read-only into memory, addressable beyond 2 GiB. Nothing is read until it is touched.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int DoNotNeed = 4;

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

    /// <summary>Reads one byte of every page.</summary>
    /// <param name="bytes">A part of a mapped file.</param>
    /// <returns>The sum of these bytes, which keeps the reads from being optimised away.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int ReadAhead(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i += Environment.SystemPageSize)
        {
            sum += bytes[i];
        }

        return sum;
    }

    /// <summary>
    /// Takes pages out of the process, which would else count as its memory until the system needs them; the system's cache keeps them, and
    /// the next look at them finds them there. Does nothing where the system has no such call.
    /// </summary>
    /// <param name="bytes">A part of a mapped file; only pages that lie in it as a whole are taken out.</param>
    public static void Release(ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes.IsEmpty)
        {
            return;
        }

        fixed (byte* first = bytes)
        {
            nuint page = (nuint)Environment.SystemPageSize;
            nuint start = ((nuint)first + page - 1) / page * page;
            nuint end = ((nuint)first + (nuint)bytes.Length) / page * page;
            if (end > start)
            {
                // Advice: there is nothing to do when it is not taken.
                _ = MemoryAdvise((void*)start, end - start, DoNotNeed);
            }
        }
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

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}
