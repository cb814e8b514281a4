using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>Four lanes, portable: SSE, ARM AdvSimd, or plain scalar code where the runtime has no vectors.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    /// <inheritdoc/>
    public static int Count => 4;

    /// <inheritdoc/>
    public static Vector128<float> Zero => Vector128<float>.Zero;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* address) => Vector128.Load(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* address, Vector128<float> value) => value.Store(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> value) => Vector128.Round(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> n) =>
        Vector128.ShiftLeft(Vector128.ConvertToInt32Native(n) + Vector128.Create(127), 23).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> value, Vector128<float> n) => value * PowerOfTwo(n);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwoBelow(Vector128<float> value) => (value.AsUInt32() & Vector128.Create(0x7F80_0000u)).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> KeepNaN(Vector128<float> test, Vector128<float> value) =>
        Vector128.ConditionalSelect(Vector128.Equals(test, test), value, test);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SwapPairs(Vector128<float> value)
    {
        // Two neighbouring lanes are one 64-bit lane; its halves are exchanged by two shifts.
        Vector128<ulong> pairs = value.AsUInt64();
        return (Vector128.ShiftLeft(pairs, 32) | Vector128.ShiftRightLogical(pairs, 32)).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value) => (value[0] + value[2]) + (value[1] + value[3]);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Least(Vector128<float> value)
    {
        Vector128<float> halves = Min(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)));
        return Min(halves, Vector128.Shuffle(halves, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Greatest(Vector128<float> value)
    {
        Vector128<float> halves = Max(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)));
        return Max(halves, Vector128.Shuffle(halves, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WidenLower(uint* pairs) => Vector128.ShiftLeft(Vector128.Load(pairs), 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WidenUpper(uint* pairs) => (Vector128.Load(pairs) & Vector128.Create(0xFFFF0000u)).AsSingle();

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
        Vector128.Narrow(BrainPairs(Vector128.Load(values)), BrainPairs(Vector128.Load(values + Count))).Store(pairs);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* address, Vector128<float> value)
    {
        Vector128<int> integers = Vector128.ConvertToInt32Native(value);
        Vector128<short> halves = Vector128.Narrow(integers, integers);
        *(uint*)address = Vector128.Narrow(halves, halves).AsUInt32().ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> CentredSum(int* accumulated, int* columnSums, int zero) =>
        Vector128.ConvertToSingle(Vector128.Load(accumulated) - (Vector128.Load(columnSums) * Vector128.Create(zero)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBrainRows(uint* pairs, Vector128<float> first, Vector128<float> second) =>
        (Vector128.ShiftRightLogical(RoundToBrain(first), 16) | RoundToBrain(second)).Store(pairs);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBrainWeights(uint* pairs, Vector128<float> first, Vector128<float> second)
    {
        Vector128<uint> half = Vector128.Create(0x8000u);
        Vector128<uint> lower = Vector128.ShiftRightLogical(first.AsUInt32() + half, 16);
        (((second.AsUInt32() + half) & Vector128.Create(0xFFFF_0000u)) | lower).Store(pairs);
    }

    /// <summary>In the lower half of each 64-bit lane the word of its two fp32 values; the upper half is not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> BrainPairs(Vector128<float> values)
    {
        Vector128<ulong> upper = RoundToBrain(values).AsUInt64();
        return Vector128.ShiftRightLogical(upper, 16) | Vector128.ShiftRightLogical(upper, 32);
    }

    /// <summary>The nearest bf16, ties to even, in the upper half of each lane; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundToBrain(Vector128<float> values)
    {
        // Adding half a unit of bf16, less one bit where the last kept bit is 0, makes cutting off round to the nearest, ties to even.
        Vector128<uint> bits = values.AsUInt32();
        Vector128<uint> last = Vector128.ShiftRightLogical(bits, 16) & Vector128.Create(1u);
        Vector128<uint> rounded = bits + last + Vector128.Create(0x7FFFu);
        Vector128<uint> quiet = bits | Vector128.Create(0x0040_0000u);
        return Vector128.ConditionalSelect(Vector128.Equals(values, values).AsUInt32(), rounded, quiet) & Vector128.Create(0xFFFF_0000u);
    }
}
