using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Pipeline;

/// <summary>A transformer with LoRAs on its weights. The LoRA files stay open as long as it does: streamed blocks read them in every evaluation.</summary>
internal sealed class FusedTransformer : IDisposable
{
    private readonly List<LoraFile> _files;

    private FusedTransformer(AudioVideoTransformer transformer, List<LoraFile> files)
    {
        Transformer = transformer;
        _files = files;
    }

    /// <summary>The network.</summary>
    public AudioVideoTransformer Transformer { get; }

    /// <summary>Loads the transformer and adds the LoRAs.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">The device.</param>
    /// <param name="options">How to load.</param>
    /// <param name="loras">The LoRAs, added in this order.</param>
    /// <param name="weights">Prepared weights that several sets of LoRAs share.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    /// <exception cref="ModelFormatException">The checkpoint or a LoRA cannot be used, or they do not fit each other.</exception>
    public static FusedTransformer Load(
        ITensorCollection checkpoint,
        IComputeDevice device,
        TransformerOptions options,
        IReadOnlyList<LoraUse> loras,
        WeightCache weights,
        CancellationToken cancellationToken)
    {
        List<LoraFile> files = [];
        try
        {
            List<IWeightDelta> deltas = [];
            foreach (LoraUse lora in loras)
            {
                LoraFile file = LoraFile.Open(lora.Path);
                files.Add(file);
                deltas.Add(new LoraDelta(file, (float)lora.Strength));
            }

            return new FusedTransformer(AudioVideoTransformer.Load(checkpoint, device, options, deltas, weights, cancellationToken), files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Transformer.Dispose();
        _files.ForEach(file => file.Dispose());
    }
}
