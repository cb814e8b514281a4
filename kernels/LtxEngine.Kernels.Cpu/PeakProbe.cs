using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// Measures what the multiply-add units of this machine give right now: independent chains of fused multiply-adds in registers, as many
/// as it takes to keep the units busy. They start differently, since the compiler makes one of chains that are alike. Machines are shared and
/// clocks vary, so figures are only worth something beside it.
/// </summary>
internal static class PeakProbe
{
    private const int Chains = 12;

    /// <summary>The best of some short runs on all threads together, in 10⁹ operations per second.</summary>
    /// <param name="threads">Number of threads.</param>
    public static double GigaflopsPerSecond(int threads) => Best(threads, Chains * Lanes * 2, steps => Multiply(steps));

    /// <summary>The best of some short runs of a loop on all threads together, in 10⁹ operations per second.</summary>
    /// <param name="threads">Number of threads.</param>
    /// <param name="operationsPerStep">What one step of the loop does.</param>
    /// <param name="loop">Runs a number of steps.</param>
    public static double Best(int threads, double operationsPerStep, Action<int> loop)
    {
        double best = 0;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            const int steps = 2_000_000;
            long start = Stopwatch.GetTimestamp();
            OnAll(threads, () => loop(steps));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Max(best, threads * (double)steps * operationsPerStep / seconds / 1e9);
        }

        return best;
    }

    /// <summary>Runs something on some threads, the caller included.</summary>
    public static void OnAll(int threads, Action work)
    {
        Thread[] helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(() => work());
            helpers[i].Start();
        }

        work();
        Array.ForEach(helpers, helper => helper.Join());
    }

    /// <summary>Fused multiply-adds of one register width: the loop and its floating-point operations per step.</summary>
    public static (Action<int> Loop, double OperationsPerStep) MultiplyAdds(CpuInstructionSet instructionSet) => instructionSet switch
    {
        CpuInstructionSet.Avx512 => (steps => Multiply512(steps), Chains * 16 * 2),
        CpuInstructionSet.Avx2 => (steps => Multiply256(steps), Chains * 8 * 2),
        _ => (steps => Multiply128(steps), Chains * 4 * 2),
    };

    private static int Lanes => CpuInstructionSets.Best switch { CpuInstructionSet.Avx512 => 16, CpuInstructionSet.Avx2 => 8, _ => 4 };

    private static float Multiply(int steps) => CpuInstructionSets.Best switch
    {
        CpuInstructionSet.Avx512 => Multiply512(steps),
        CpuInstructionSet.Avx2 => Multiply256(steps),
        _ => Multiply128(steps),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply512(int steps)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x + a, c = x + b, d = x + c, e = x + d, f = x + e, g = x + f, h = x + g, i = x + h, j = x + i, k = x + j, l = x + k;
        for (; steps > 0; steps--)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
            k = Vector512.MultiplyAddEstimate(k, x, y);
            l = Vector512.MultiplyAddEstimate(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply256(int steps)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = x, b = x + a, c = x + b, d = x + c, e = x + d, f = x + e, g = x + f, h = x + g, i = x + h, j = x + i, k = x + j, l = x + k;
        for (; steps > 0; steps--)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
            k = Vector256.MultiplyAddEstimate(k, x, y);
            l = Vector256.MultiplyAddEstimate(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply128(int steps)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.001f);
        Vector128<float> a = x, b = x + a, c = x + b, d = x + c, e = x + d, f = x + e, g = x + f, h = x + g, i = x + h, j = x + i, k = x + j, l = x + k;
        for (; steps > 0; steps--)
        {
            a = Vector128.MultiplyAddEstimate(a, x, y);
            b = Vector128.MultiplyAddEstimate(b, x, y);
            c = Vector128.MultiplyAddEstimate(c, x, y);
            d = Vector128.MultiplyAddEstimate(d, x, y);
            e = Vector128.MultiplyAddEstimate(e, x, y);
            f = Vector128.MultiplyAddEstimate(f, x, y);
            g = Vector128.MultiplyAddEstimate(g, x, y);
            h = Vector128.MultiplyAddEstimate(h, x, y);
            i = Vector128.MultiplyAddEstimate(i, x, y);
            j = Vector128.MultiplyAddEstimate(j, x, y);
            k = Vector128.MultiplyAddEstimate(k, x, y);
            l = Vector128.MultiplyAddEstimate(l, x, y);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

}
