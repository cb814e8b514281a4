using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Pipeline;

/// <summary>A transformer with LoRAs on or beside its weights. The LoRA files stay open as long as it does: streamed blocks read them in every evaluation.</summary>
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

    /// <summary>Loads the transformer with LoRAs.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">The device.</param>
    /// <param name="options">How to load.</param>
    /// <param name="loras">The LoRAs.</param>
    /// <param name="weights">Prepared weights that several sets of LoRAs share.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    /// <exception cref="ModelFormatException">The checkpoint or a LoRA cannot be used, or they do not fit each other.</exception>
    public static FusedTransformer Load(
        ITensorCollection checkpoint,
        IComputeDevice device,
        TransformerOptions options,
        LoraSet loras,
        WeightCache weights,
        CancellationToken cancellationToken)
    {
        List<LoraFile> files = [];
        try
        {
            List<IWeightDelta> deltas = [];
            foreach (LoraUse lora in loras.Loras)
            {
                LoraFile file = LoraFile.Open(lora.Path);
                files.Add(file);
                deltas.Add(new LoraDelta(file, (float)lora.Strength));
            }

            bool applied = loras.Mode == LoraMode.Applied;
            IWeightSource source = new CheckpointWeightSource(
                checkpoint, TransformerConfiguration.Prefix, device, applied ? [] : deltas, weights, options.QuantiseInputs, loras.Rounding == LoraRounding.BrainFloat);
            TransformerStructure structure = TransformerStructure.From(TransformerConfiguration.Read(checkpoint), options.VideoOnly);
            return new FusedTransformer(
                AudioVideoTransformer.Load(applied && deltas.Count > 0 ? new AppliedWeightSource(source, deltas, weights) : source, structure, options, cancellationToken),
                files);
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
