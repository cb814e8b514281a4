using LtxEngine.Graphs.Execution;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Runs the audio graphs with the same number of threads everywhere. ONNX Runtime's one-dimensional convolutions split their sums by the
/// number of threads, so that number would show in the last bits of the sound.
/// </summary>
internal static class FixedThreads
{
    /// <summary>Enough to make 5 s of sound in a few seconds, few enough not to crowd a small machine.</summary>
    public const int Count = 4;

    /// <summary>The same options with the fixed number of threads.</summary>
    /// <param name="options">The wanted options; null for the defaults. A number of threads in it is not used.</param>
    public static GraphSessionOptions Apply(GraphSessionOptions? options) => (options ?? GraphSessionOptions.Default) with { ThreadCount = Count };
}
