using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LtxEngine.Tensors;

/// <summary>The address of memory that never moves, for native libraries that read it in place.</summary>
internal static unsafe class UnmanagedAddress
{
    /// <summary>The address of the first byte of a span over mapped or native memory.</summary>
    /// <param name="bytes">A span over a mapped file or a native buffer. Never one over a managed array, which the collector may move.</param>
    /// <returns>The address; valid as long as the owner of the memory lives.</returns>
    public static nint Of(ReadOnlySpan<byte> bytes) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
}
