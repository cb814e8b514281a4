using System.Runtime.Intrinsics;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>
/// <see cref="VnniByteLanes256"/> with its one special instruction written out: VPDPBUSD adds four products of an unsigned byte of the first with
/// a signed byte of the second source to each 32-bit lane, without saturation. So the micro-kernel can run where there is no AVX-VNNI.
/// </summary>
internal readonly unsafe struct ModelByteLanes256 : IProductLanes<Vector256<float>>
{
    public static int Count => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> Load(float* address) => Vector256.Load(address);

    public static void Store(float* address, Vector256<float> value) => value.Store(address);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => (a.AsInt32() + b.AsInt32()).AsSingle();

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Dot(c.AsInt32(), a.AsByte(), b.AsSByte()).AsSingle();

    public static void Prefetch(void* address)
    {
    }

    /// <summary>The instruction.</summary>
    public static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        for (int i = 0; i < 32; i++)
        {
            sum = sum.WithElement(i / 4, sum[i / 4] + (unsigned[i] * signed[i]));
        }

        return sum;
    }
}
