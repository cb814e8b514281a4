namespace LtxEngine.Graphs.Execution;

/// <summary>What runs a graph.</summary>
internal enum ExecutionProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU through ONNX Runtime's CUDA provider, which the host must ship.</summary>
    Cuda,
}
