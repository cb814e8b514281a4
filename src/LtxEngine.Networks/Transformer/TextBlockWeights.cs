using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>Keys and values of the text attention of one block; needed once per prompt, not in the forward pass.</summary>
internal sealed class TextBlockWeights : IDisposable
{
    private readonly WeightScope _scope;

    /// <summary>Loads the weights.</summary>
    /// <param name="source">Where the weights come from.</param>
    /// <param name="index">The block.</param>
    /// <param name="hasAudio">Whether the block has an audio stream.</param>
    public TextBlockWeights(IWeightSource source, int index, bool hasAudio)
    {
        _scope = new WeightScope(source);
        try
        {
            string video = $"transformer_blocks.{index}.attn2";
            VideoKeyValue = _scope.Linear(video + ".to_k", video + ".to_v");
            VideoKeyNorm = _scope.Row(video + ".k_norm.weight");
            if (hasAudio)
            {
                string audio = $"transformer_blocks.{index}.audio_attn2";
                AudioKeyValue = _scope.Linear(audio + ".to_k", audio + ".to_v");
                AudioKeyNorm = _scope.Row(audio + ".k_norm.weight");
            }
        }
        catch
        {
            _scope.Dispose();
            throw;
        }
    }

    /// <summary>attn2.to_k and to_v stacked.</summary>
    public IDeviceWeight VideoKeyValue { get; }

    /// <summary>attn2.k_norm.</summary>
    public DeviceMatrix VideoKeyNorm { get; }

    /// <summary>audio_attn2.to_k and to_v stacked, or null.</summary>
    public IDeviceWeight? AudioKeyValue { get; }

    /// <summary>audio_attn2.k_norm.</summary>
    public DeviceMatrix AudioKeyNorm { get; }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();
}
