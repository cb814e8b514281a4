using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Kernels;

namespace LtxEngine.Pipeline;

/// <summary>The one place where it is decided how the text model runs.</summary>
internal static class TextModels
{
    /// <summary>Whether the text model runs on the device's kernels.</summary>
    /// <param name="wanted">What the user asked for.</param>
    /// <param name="configuration">The text model's configuration.</param>
    /// <param name="device">The device.</param>
    public static bool UsesKernels(TextModelExecution wanted, GemmaConfiguration configuration, IComputeDevice device) => wanted switch
    {
        TextModelExecution.Kernels => true,
        TextModelExecution.Graph => false,
        _ => device.SharesHostMemory && configuration.HeadDimension <= OperationChecks.MaximumHeadDimension,
    };

    /// <summary>Opens a text model.</summary>
    /// <param name="wanted">What the user asked for.</param>
    /// <param name="configuration">The text model's configuration.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive the model.</param>
    /// <param name="device">The device; stays the caller's.</param>
    /// <param name="session">How a graph runs.</param>
    /// <param name="embeddingScale">What embeddings are multiplied by; null for the default.</param>
    /// <exception cref="ModelFormatException">Weights are missing or have other shapes.</exception>
    public static ITextModel Create(
        TextModelExecution wanted,
        GemmaConfiguration configuration,
        ITensorCollection tensors,
        IComputeDevice device,
        GraphSessionOptions session,
        double? embeddingScale = null) =>
        UsesKernels(wanted, configuration, device)
            ? new DeviceTextModel(configuration, tensors, device, embeddingScale)
            : new GemmaTextModel(configuration, tensors, embeddingScale, session);
}
