using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LtxEngine.Kernels.Cpu.MachineCode;

/// <summary>
/// Pages that hold machine code. They are writable while they are filled and executable afterwards, never both. Systems may refuse
/// executable pages; then there is no memory, and whoever asked does without.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    // Linux: mman.h. Windows: memoryapi.h.
    private const int ProtectRead = 1;
    private const int ProtectWrite = 2;
    private const int ProtectExecute = 4;
    private const int MapPrivateAnonymous = 0x22;
    private const uint CommitAndReserve = 0x3000;
    private const uint Release = 0x8000;
    private const uint PageReadWrite = 0x04;
    private const uint PageExecuteRead = 0x20;

    private readonly nuint _length;

    private ExecutableMemory(nuint length)
        : base(ownsHandle: true) => _length = length;

    /// <summary>The first instruction.</summary>
    public byte* Pointer => (byte*)handle;

    /// <summary>Copies code to executable pages.</summary>
    /// <param name="code">Position-independent code.</param>
    /// <returns>The pages, or null where the system has none to give.</returns>
    public static ExecutableMemory? TryCreate(ReadOnlySpan<byte> code)
    {
        nuint length = (nuint)Math.Max(code.Length, 1);
        ExecutableMemory memory = new(length);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                memory.SetHandle((nint)VirtualAlloc(null, length, CommitAndReserve, PageReadWrite));
                if (!memory.IsInvalid)
                {
                    code.CopyTo(new Span<byte>(memory.Pointer, code.Length));
                    if (VirtualProtect(memory.Pointer, length, PageExecuteRead, out _) != 0 && FlushInstructionCache(GetCurrentProcess(), memory.Pointer, length) != 0)
                    {
                        return memory;
                    }
                }
            }
            else if (OperatingSystem.IsLinux())
            {
                memory.SetHandle((nint)MapMemory(null, length, ProtectRead | ProtectWrite, MapPrivateAnonymous, -1, 0));
                if (!memory.IsInvalid)
                {
                    code.CopyTo(new Span<byte>(memory.Pointer, code.Length));
                    if (ProtectMemory(memory.Pointer, length, ProtectRead | ProtectExecute) == 0)
                    {
                        return memory;
                    }
                }
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system library of another name: the same as a refusal.
        }

        memory.Dispose();
        return null;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() =>
        OperatingSystem.IsWindows() ? VirtualFree((void*)handle, 0, Release) != 0 : UnmapMemory((void*)handle, _length) == 0;

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* MapMemory(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ProtectMemory(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmapMemory(void* address, nuint length);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void* VirtualAlloc(void* address, nuint length, uint kind, uint protection);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualProtect(void* address, nuint length, uint protection, out uint before);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualFree(void* address, nuint length, uint kind);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int FlushInstructionCache(nint process, void* address, nuint length);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetCurrentProcess();
}
