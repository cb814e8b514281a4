using System.Globalization;

namespace LtxEngine.Planning;

/// <summary>How much memory this machine, or the container that the process runs in, can still give to the process.</summary>
internal static class MachineMemory
{
    private const string ControlGroup = "/sys/fs/cgroup";

    /// <summary>Bytes that the process may use without the system having to swap or end it, those it uses already included.</summary>
    public static long AvailableBytes()
    {
        long mine = Environment.WorkingSet;
        long available = OperatingSystem.IsLinux() ? FromLinux(mine) : 0;
        return available > 0 ? available : FromRuntime(mine);
    }

    /// <summary>The smaller of what is free in the machine and what the control group still allows; pages of files count as free in both.</summary>
    private static long FromLinux(long mine)
    {
        long free = Field("/proc/meminfo", "MemAvailable:") is { } kibibytes ? checked((kibibytes * 1024) + mine) : 0;
        if (Number($"{ControlGroup}/memory.max") is { } limit && Number($"{ControlGroup}/memory.current") is { } used)
        {
            long files = Field($"{ControlGroup}/memory.stat", "inactive_file") ?? 0;
            free = Math.Min(free, Math.Max(0, limit - used + files + mine));
        }

        return free;
    }

    private static long FromRuntime(long mine)
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.MemoryLoadBytes > 0 ? memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes + mine : memory.TotalAvailableMemoryBytes;
    }

    private static long? Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static long? Field(string path, string name)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        string[] parts = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return parts.Length >= 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
    }
}
