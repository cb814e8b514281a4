namespace LtxEngine.Benchmarks;

/// <summary>How much one call of a benchmark does.</summary>
public interface IWork
{
    /// <summary>The amount of work.</summary>
    double Amount { get; }

    /// <summary>Whether the amount counts floating-point operations.</summary>
    bool IsArithmetic { get; }

    /// <summary>The unit of work per second.</summary>
    string Unit => IsArithmetic ? "GFLOP/s" : "GB/s";

    /// <summary>The factor from the amount to the unit: 10⁻⁹ for GFLOP and GB.</summary>
    double Factor => 1e-9;
}
