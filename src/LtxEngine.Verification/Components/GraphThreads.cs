using LtxEngine.Graphs.Execution;

namespace LtxEngine.Verification.Components;

/// <summary>How the cases of one run load graphs.</summary>
internal static class GraphThreads
{
    /// <summary>The run's thread count, or the process-wide pool when none was asked for.</summary>
    public static GraphSessionOptions Options(VerificationContext context) =>
        new() { ThreadCount = context.Threads == 0 ? null : context.Threads };
}
