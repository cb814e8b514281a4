using System.Globalization;

namespace LtxEngine.Benchmarks;

/// <summary>Samples the resident memory of the process while something runs, by what Linux counts; elsewhere everything is 0.</summary>
internal sealed class ResidentMemory : IDisposable
{
    private readonly (long Private, long All) _start;
    private readonly Thread _thread;
    private volatile bool _stop;
    private long _private;
    private long _all;

    /// <summary>Begins to sample.</summary>
    public ResidentMemory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _start = Read();
        _thread = new Thread(() =>
        {
            while (!_stop)
            {
                (long anonymous, long all) = Read();
                _private = Math.Max(_private, anonymous);
                _all = Math.Max(_all, all);
                Thread.Sleep(2);
            }
        });
        _thread.Start();
    }

    /// <summary>Ends sampling and tells by how much the memory grew at most, in bytes: without and with pages of mapped files.</summary>
    public (long Private, long All) Growth()
    {
        Dispose();
        return (Math.Max(0, _private - _start.Private), Math.Max(0, _all - _start.All));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private static (long Private, long All) Read()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (0, 0);
        }

        string[] lines = File.ReadAllLines("/proc/self/status");
        return (Value(lines, "RssAnon:"), Value(lines, "VmRSS:"));
    }

    private static long Value(string[] lines, string name) =>
        1024 * long.Parse(lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
