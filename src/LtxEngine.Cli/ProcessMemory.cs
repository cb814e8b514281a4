using System.Diagnostics;

namespace LtxEngine.Cli;

/// <summary>Memory of this process.</summary>
internal static class ProcessMemory
{
    /// <summary>The most physical memory that the process held at any time, in bytes; mapped model files count while they are in memory.</summary>
    public static long PeakBytes
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }
}
