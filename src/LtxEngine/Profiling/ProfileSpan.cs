namespace LtxEngine.Profiling;

/// <summary>One operation of a profile; times are stamps of the stopwatch.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Stage">The stage that it ran in.</param>
/// <param name="Start">Its begin.</param>
/// <param name="End">Its end.</param>
/// <param name="Flops">Floating-point operations.</param>
/// <param name="Bytes">Bytes read and written.</param>
/// <param name="Thread">The thread that asked for it.</param>
/// <param name="IsBackground">Whether it ran beside the operations: weights that are streamed in.</param>
internal readonly record struct ProfileSpan(
    string Name, GenerationStage Stage, long Start, long End, double Flops, double Bytes, int Thread, bool IsBackground);
