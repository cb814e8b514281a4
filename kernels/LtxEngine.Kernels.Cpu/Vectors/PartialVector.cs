using System.Runtime.CompilerServices;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>
/// Reads and writes the last few values of a row, when fewer are left than a register has lanes. Goes through memory value by value:
/// rare and short, and never touches a byte behind the row.
/// </summary>
internal static unsafe class PartialVector
{
    /// <summary>Reads <paramref name="count"/> values into the first lanes; the other lanes are 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TVector Load<TVector>(float* address, int count)
        where TVector : unmanaged
    {
        TVector value = default;
        float* lanes = (float*)&value;
        for (int i = 0; i < count; i++)
        {
            lanes[i] = address[i];
        }

        return value;
    }

    /// <summary>Writes the first <paramref name="count"/> lanes.</summary>
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
