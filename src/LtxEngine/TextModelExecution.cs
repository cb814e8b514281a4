namespace LtxEngine;

/// <summary>How the text model runs, which encodes prompts and expands them. Both ways give the same up to rounding.</summary>
public enum TextModelExecution
{
    /// <summary>
    /// <see cref="Kernels"/> where the device multiplies weights where they lie in memory, as the processor does; else <see cref="Graph"/>. The default.
    /// </summary>
    Auto,

    /// <summary>
    /// The engine's own kernels, with the weights as they are stored: faster on the processor, and no weight is expanded. Products follow
    /// <see cref="ComputeType"/>, except that 8-bit products are not used.
    /// </summary>
    Kernels,

    /// <summary>An ONNX Runtime graph, with one layer's weights at a time in fp32. The reference.</summary>
    Graph,
}
