using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Kernels;
using LtxEngine.Pipeline;
using LtxEngine.Verification.Components;

namespace LtxEngine.Verification;

/// <summary>What the cases of one run share.</summary>
internal sealed class VerificationContext : IDisposable
{
    private readonly Lazy<IComputeDevice> _device;
    private readonly TextModelExecution _textModel;

    /// <summary>Creates a context.</summary>
    /// <param name="createDevice">Starts the device that networks run on, when a case asks for it.</param>
    /// <param name="threads">Threads of the compute device and of the graphs; 0 for the default.</param>
    /// <param name="textModel">How the text model runs.</param>
    public VerificationContext(Func<IComputeDevice> createDevice, int threads, TextModelExecution textModel = TextModelExecution.Auto)
    {
        Threads = threads;
        _device = new Lazy<IComputeDevice>(createDevice);
        _textModel = textModel;
    }

    /// <summary>Threads of the compute device and of the graphs; 0 for the default.</summary>
    public int Threads { get; }

    /// <summary>The device that networks run on.</summary>
    public IComputeDevice Device => _device.Value;

    /// <summary>Opens a text model in the way that the run asks for.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive the model.</param>
    /// <param name="embeddingScale">What embeddings are multiplied by; null for the default.</param>
    public ITextModel OpenTextModel(GemmaConfiguration configuration, ITensorCollection tensors, double? embeddingScale) =>
        TextModels.Create(_textModel, configuration, tensors, Device, GraphThreads.Options(this), embeddingScale);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }
    }
}
