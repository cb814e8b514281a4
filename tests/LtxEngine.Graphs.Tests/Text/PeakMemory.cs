using LtxEngine.Testing;

namespace LtxEngine.Graphs.Tests.Text;

/// <summary>
/// Samples the process's private resident memory while something runs. Pages of mapped files are left out: the system takes them back at will.
/// </summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly Thread _thread;
    private readonly long _start;
    private volatile bool _stop;
    private long _peak;

    public PeakMemory()
    {
        GC.Collect();
        _start = _peak = Read("RssAnon");
        _thread = new Thread(() =>
        {
            while (!_stop)
            {
                _peak = Math.Max(_peak, Read("RssAnon"));
                Thread.Sleep(2);
            }
        });
        _thread.Start();
    }

    /// <summary>Whether the system tells; elsewhere the growth is 0.</summary>
    public static bool IsAvailable => OperatingSystem.IsLinux();

    /// <summary>Bytes above the start at the highest sample.</summary>
    public long Growth => Interlocked.Read(ref _peak) - _start;

    /// <summary>One line of the process's status, in bytes.</summary>
    public static long Read(string name) => IsAvailable ? ResidentMemory.Read(name) : 0;

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }
}
