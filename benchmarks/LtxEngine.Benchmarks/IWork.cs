namespace LtxEngine.Benchmarks;

/// <summary>How much one call of a benchmark does.</summary>
public interface IWork
{
    /// <summary>The amount of work.</summary>
    double Amount { get; }

    /// <summary>Whether the amount counts floating-point operations; else bytes moved.</summary>
    bool IsArithmetic { get; }
}
