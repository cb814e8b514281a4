namespace LtxEngine.Kernels;

/// <summary>What a product applies to its result before storing it.</summary>
internal enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    GeluTanh,
}
