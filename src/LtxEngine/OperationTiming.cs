namespace LtxEngine;

/// <summary>The time of one kind of operation in one stage.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Operation">The operation of the device, <c>graph NAME</c> for a run of a graph, or <see cref="Outside"/>.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Elapsed">Its time, all calls together.</param>
/// <param name="Flops">Floating-point operations, counted from shapes; 0 where memory is the limit, and for graphs.</param>
/// <param name="Bytes">Bytes that were read and written, counted from shapes; 0 for graphs.</param>
public sealed record OperationTiming(GenerationStage Stage, string Operation, int Calls, TimeSpan Elapsed, double Flops, double Bytes)
{
    /// <summary>The name of what no operation accounts for.</summary>
    public const string Outside = "outside the networks";
}
