using System.Globalization;

namespace LtxEngine.Testing;

/// <summary>
/// Memory of this process that the system has given it pages for. A single figure is too high by what the runtime has not given back yet, so
/// the lowest of several counts.
/// </summary>
public static class ResidentMemory
{
    private const int Measurements = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Bytes of this process alone. Pages of mapped files come and go as the system likes; where it tells them apart they are left out.</summary>
    public static long Private => OperatingSystem.IsLinux() ? Read("RssAnon") : Environment.WorkingSet;

    /// <summary>One line of the process's status, in bytes; Linux only.</summary>
    /// <param name="name">Its name, such as <c>VmHWM</c>.</param>
    public static long Read(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The lowest of several measurements, each after all garbage was collected.</summary>
    /// <param name="measure">What is measured, for instance <see cref="Private"/>.</param>
    public static long Settled(Func<long> measure)
    {
        long lowest = long.MaxValue;
        for (int i = 0; i < Measurements; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            Thread.Sleep(Pause);
            lowest = Math.Min(lowest, measure());
        }

        return lowest;
    }
}
