using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>The weights of one stream outside the blocks.</summary>
internal sealed class StreamGlobalWeights
{
    /// <summary>Loads the weights.</summary>
    /// <param name="scope">Owns the leases.</param>
    /// <param name="modality"><c>video</c> or <c>audio</c>.</param>
    /// <param name="hasCross">Whether the model has attentions between the streams.</param>
    public StreamGlobalWeights(WeightScope scope, string modality, bool hasCross)
    {
        bool video = string.Equals(modality, "video", StringComparison.Ordinal);
        string prefix = video ? string.Empty : modality + "_";
        Modality = modality;
        Patchify = scope.Linear(prefix + "patchify_proj");
        AdaLayerNorm = new TimestepHead(scope, prefix + "adaln_single");
        if (hasCross)
        {
            CrossScaleShift = new TimestepHead(scope, $"av_ca_{modality}_scale_shift_adaln_single");
            CrossGate = new TimestepHead(scope, video ? "av_ca_a2v_gate_adaln_single" : "av_ca_v2a_gate_adaln_single");
        }

        CaptionProjection1 = scope.Linear(prefix + "caption_projection.linear_1");
        CaptionProjection2 = scope.Linear(prefix + "caption_projection.linear_2");
        OutputTable = scope.Row(prefix + "scale_shift_table");
        Output = scope.Linear(prefix + "proj_out");
    }

    /// <summary><c>video</c> or <c>audio</c>.</summary>
    public string Modality { get; }

    /// <summary>patchify_proj.</summary>
    public IDeviceWeight Patchify { get; }

    /// <summary>adaln_single: 6 rows for self-attention and feed-forward, and the embedding for the output.</summary>
    public TimestepHead AdaLayerNorm { get; }

    /// <summary>4 rows for the attentions between the streams, or null in a video-only model.</summary>
    public TimestepHead? CrossScaleShift { get; }

    /// <summary>1 row: the gate of what the other stream adds to this one, or null.</summary>
    public TimestepHead? CrossGate { get; }

    /// <summary>caption_projection.linear_1.</summary>
    public IDeviceWeight CaptionProjection1 { get; }

    /// <summary>caption_projection.linear_2.</summary>
    public IDeviceWeight CaptionProjection2 { get; }

    /// <summary>scale_shift_table as one row: shift, then scale.</summary>
    public DeviceMatrix OutputTable { get; }

    /// <summary>proj_out.</summary>
    public IDeviceWeight Output { get; }
}
