using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>The weights of one stream in one block, without keys and values of the text (see <see cref="TextBlockWeights"/>).</summary>
internal sealed class StreamBlockWeights
{
    /// <summary>Loads the weights.</summary>
    /// <param name="scope">Owns the leases.</param>
    /// <param name="block">Prefix of the block.</param>
    /// <param name="prefix"><c>audio_</c> or nothing.</param>
    /// <param name="crossTable">Name of the table of the attentions between the streams, or null in a video-only model.</param>
    public StreamBlockWeights(WeightScope scope, string block, string prefix, string? crossTable)
    {
        string self = block + prefix + "attn1";
        string text = block + prefix + "attn2";
        string feedForward = block + prefix + "ff";
        QueryKeyValue = scope.Linear(self + ".to_q", self + ".to_k", self + ".to_v");
        QueryNorm = scope.Row(self + ".q_norm.weight");
        KeyNorm = scope.Row(self + ".k_norm.weight");
        Output = scope.Linear(self + ".to_out.0");
        TextQuery = scope.Linear(text + ".to_q");
        TextQueryNorm = scope.Row(text + ".q_norm.weight");
        TextOutput = scope.Linear(text + ".to_out.0");
        FeedForwardIn = scope.Linear(feedForward + ".net.0.proj");
        FeedForwardOut = scope.Linear(feedForward + ".net.2");
        string table = block + prefix + "scale_shift_table";
        ModulationTable = crossTable is null ? scope.Row(table) : scope.Row(table, block + crossTable);
    }

    /// <summary>attn1.to_q, to_k, to_v stacked.</summary>
    public IDeviceWeight QueryKeyValue { get; }

    /// <summary>attn1.q_norm.</summary>
    public DeviceMatrix QueryNorm { get; }

    /// <summary>attn1.k_norm.</summary>
    public DeviceMatrix KeyNorm { get; }

    /// <summary>attn1.to_out.0.</summary>
    public IDeviceWeight Output { get; }

    /// <summary>attn2.to_q.</summary>
    public IDeviceWeight TextQuery { get; }

    /// <summary>attn2.q_norm.</summary>
    public DeviceMatrix TextQueryNorm { get; }

    /// <summary>attn2.to_out.0.</summary>
    public IDeviceWeight TextOutput { get; }

    /// <summary>ff.net.0.proj.</summary>
    public IDeviceWeight FeedForwardIn { get; }

    /// <summary>ff.net.2.</summary>
    public IDeviceWeight FeedForwardOut { get; }

    /// <summary>scale_shift_table (6 rows) and the table of the attentions between the streams (5 rows) as one row.</summary>
    public DeviceMatrix ModulationTable { get; }
}
