using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Graphs.Execution;

/// <summary>
/// The one ONNX Runtime environment of the process with its shared thread pool: threads do not spin, so they leave the cores
/// to the engine's own workers between graphs.
/// </summary>
internal static class GraphRuntime
{
    private static readonly Lock Gate = new();
    private static bool _started;
    private static bool _hasGlobalPool;
    private static int _threadCount;

    /// <summary>Threads of the shared pool. 0 before the first session.</summary>
    public static int ThreadCount => _threadCount;

    /// <summary>The version of the loaded ONNX Runtime library.</summary>
    /// <exception cref="GraphException">The native library cannot be loaded.</exception>
    public static string Version
    {
        get
        {
            Start();
            return OrtEnv.Instance().GetVersionString();
        }
    }

    /// <summary>The execution providers that the loaded library was built with, such as <c>CPUExecutionProvider</c>.</summary>
    /// <exception cref="GraphException">The native library cannot be loaded.</exception>
    public static IReadOnlyList<string> AvailableProviders
    {
        get
        {
            Start();
            return OrtEnv.Instance().GetAvailableProviders();
        }
    }

    /// <summary>
    /// Starts the environment; later calls do nothing. Called by the first session at the latest, with as many threads as processors.
    /// </summary>
    /// <param name="threadCount">Threads of the shared pool, including the caller's; 0 for one per processor. Fixed for the life of the process.</param>
    /// <returns>Whether the shared pool is in use; false when the host has started ONNX Runtime itself, then each session has its own pool.</returns>
    /// <exception cref="GraphException">The native library cannot be loaded.</exception>
    public static bool Start(int threadCount = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        lock (Gate)
        {
            if (_started)
            {
                return _hasGlobalPool;
            }

            int count = threadCount == 0 ? Environment.ProcessorCount : threadCount;
            try
            {
                // A host that uses ONNX Runtime itself owns the environment: its settings stay, ours go into each session.
                _hasGlobalPool = !OrtEnv.IsCreated;
                if (_hasGlobalPool)
                {
                    using OrtThreadingOptions threading = new()
                    {
                        GlobalIntraOpNumThreads = count,
                        GlobalInterOpNumThreads = 1,
                        GlobalSpinControl = false,
                    };
                    EnvironmentCreationOptions creation = new()
                    {
                        logId = "LtxEngine",
                        logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                        threadOptions = threading,
                    };
                    OrtEnv.CreateInstanceWithOptions(ref creation);
                }
            }
            catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException or BadImageFormatException)
            {
                throw new GraphException(
                    $"The native library of ONNX Runtime could not be loaded for {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier} "
                    + $"(looked beside {AppContext.BaseDirectory} and in the system's library folders). "
                    + "Reference the package Microsoft.ML.OnnxRuntime in the host, or put the library beside the program.",
                    exception);
            }

            _threadCount = count;
            _started = true;
            return _hasGlobalPool;
        }
    }
}
