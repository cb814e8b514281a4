using System.Runtime.CompilerServices;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>
/// Writes the last few values of a row, when fewer are left than a register has lanes, value by value. Reading needs no such care:
/// see <see cref="Memory.AlignedMemory"/>. Calls stand behind the loop over whole registers, never in it: around a call the compiler
/// has to keep every vector in memory.
/// </summary>
internal static unsafe class PartialVector
{    /// <summary>Writes the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store<TVector>(float* address, TVector value, int count)
        where TVector : unmanaged
    {
        float* lanes = (float*)&value;
        for (int i = 0; i < count; i++)
        {
            address[i] = lanes[i];
        }
    }
}
