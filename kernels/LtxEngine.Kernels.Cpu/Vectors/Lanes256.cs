using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>Eight lanes: AVX2 with FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    /// <inheritdoc/>
    public static int Count => 8;

    /// <inheritdoc/>
    public static Vector256<float> Zero => Vector256<float>.Zero;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* address) => Vector256.Load(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* address, Vector256<float> value) => value.Store(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> value) => Vector256.Round(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> n) =>
        Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> value, Vector256<float> n) => value * PowerOfTwo(n);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwoBelow(Vector256<float> value) => (value.AsUInt32() & Vector256.Create(0x7F80_0000u)).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> KeepNaN(Vector256<float> test, Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.Equals(test, test), value, test);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SwapPairs(Vector256<float> value)
    {
        // Two neighbouring lanes are one 64-bit lane; its halves are exchanged by two shifts.
        Vector256<ulong> pairs = value.AsUInt64();
        return (Vector256.ShiftLeft(pairs, 32) | Vector256.ShiftRightLogical(pairs, 32)).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Lanes128.Sum(value.GetLower() + value.GetUpper());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Least(Vector256<float> value) => Lanes128.Least(Lanes128.Min(value.GetLower(), value.GetUpper()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Greatest(Vector256<float> value) => Lanes128.Greatest(Lanes128.Max(value.GetLower(), value.GetUpper()));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenLower(uint* pairs) => Vector256.ShiftLeft(Vector256.Load(pairs), 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenUpper(uint* pairs) => (Vector256.Load(pairs) & Vector256.Create(0xFFFF0000u)).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBrainPairs(uint* pairs, float* values) =>
        Vector256.Narrow(BrainPairs(Vector256.Load(values)), BrainPairs(Vector256.Load(values + Count))).Store(pairs);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* address, Vector256<float> value)
    {
        Vector256<int> integers = Vector256.ConvertToInt32Native(value);
        Vector128<short> halves = Vector128.Narrow(integers.GetLower(), integers.GetUpper());
        *(ulong*)address = Vector128.Narrow(halves, halves).AsUInt64().ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CentredSum(int* accumulated, int* columnSums, int zero) =>
        Vector256.ConvertToSingle(Vector256.Load(accumulated) - (Vector256.Load(columnSums) * Vector256.Create(zero)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBrainRows(uint* pairs, Vector256<float> first, Vector256<float> second) =>
        (Vector256.ShiftRightLogical(RoundToBrain(first), 16) | RoundToBrain(second)).Store(pairs);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBrainWeights(uint* pairs, Vector256<float> first, Vector256<float> second)
    {
        Vector256<uint> half = Vector256.Create(0x8000u);
        Vector256<uint> lower = Vector256.ShiftRightLogical(first.AsUInt32() + half, 16);
        (((second.AsUInt32() + half) & Vector256.Create(0xFFFF_0000u)) | lower).Store(pairs);
    }

    /// <summary>In the lower half of each 64-bit lane the word of its two fp32 values; the upper half is not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> BrainPairs(Vector256<float> values)
    {
        Vector256<ulong> upper = RoundToBrain(values).AsUInt64();
        return Vector256.ShiftRightLogical(upper, 16) | Vector256.ShiftRightLogical(upper, 32);
    }

    /// <summary>The nearest bf16, ties to even, in the upper half of each lane; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundToBrain(Vector256<float> values)
    {
        // Adding half a unit of bf16, less one bit where the last kept bit is 0, makes cutting off round to the nearest, ties to even.
        Vector256<uint> bits = values.AsUInt32();
        Vector256<uint> last = Vector256.ShiftRightLogical(bits, 16) & Vector256.Create(1u);
        Vector256<uint> rounded = bits + last + Vector256.Create(0x7FFFu);
        Vector256<uint> quiet = bits | Vector256.Create(0x0040_0000u);
        return Vector256.ConditionalSelect(Vector256.Equals(values, values).AsUInt32(), rounded, quiet) & Vector256.Create(0xFFFF_0000u);
    }
}
