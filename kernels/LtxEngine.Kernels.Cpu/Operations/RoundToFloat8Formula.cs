using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>
/// e4m3fn(clamp(x·(1/factor), ±448))·factor. e4m3fn keeps three fraction bits and its smallest normal number is 2⁻⁶, so v is rounded to a
/// multiple of p/8 with p the power of two below |v|, at least 2⁻⁶. Adding and subtracting 1.5·2²⁰·p does that: the last bit of such a
/// sum is worth p/8, and the processor rounds to the nearest, ties to even.
/// </summary>
internal readonly unsafe struct RoundToFloat8Formula : IRowFormula
{
    private const float Largest = 448;
    private const float SmallestNormal = 1f / 64;
    private const float Magic = 1.5f * (1 << 20);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Compute<TLanes, TVector>(ElementWiseJob* job, TVector x, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector scaled = TLanes.Multiply(x, TLanes.Broadcast(1 / job->Factor));
        scaled = TLanes.Max(TLanes.Min(scaled, TLanes.Broadcast(Largest)), TLanes.Broadcast(-Largest));
        TVector power = TLanes.Max(TLanes.PowerOfTwoBelow(scaled), TLanes.Broadcast(SmallestNormal));
        TVector magic = TLanes.Multiply(power, TLanes.Broadcast(Magic));
        TVector rounded = TLanes.Subtract(TLanes.Add(scaled, magic), magic);
        return TLanes.KeepNaN(x, TLanes.Multiply(rounded, TLanes.Broadcast(job->Factor)));
    }
}
