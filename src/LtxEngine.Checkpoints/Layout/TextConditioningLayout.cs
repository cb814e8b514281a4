using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the text projection and the connectors (59 in LTX-2 19B).</summary>
internal static class TextConditioningLayout
{
    /// <summary>Lists the tensors of the text side.</summary>
    public static IReadOnlyList<ExpectedTensor> List(TextConditioningConfiguration configuration)
    {
        List<ExpectedTensor> tensors =
        [
            new ExpectedTensor(
                TextConditioningConfiguration.ProjectionWeight, new TensorShape(configuration.ProjectionOutputWidth, configuration.ProjectionInputWidth)),
            .. ListConnector(configuration.Video),
        ];
        if (configuration.Audio is { } audio)
        {
            tensors.AddRange(ListConnector(audio));
        }

        return tensors;
    }

    private static IReadOnlyList<ExpectedTensor> ListConnector(TextConnectorConfiguration configuration)
    {
        TensorListBuilder list = new(configuration.Prefix);
        long width = configuration.Width;
        list.Tensor("learnable_registers", configuration.RegisterCount, width);
        for (int i = 0; i < configuration.LayerCount; i++)
        {
            string block = $"transformer_1d_blocks.{i}.";
            list.Tensor($"{block}attn1.q_norm.weight", width);
            list.Tensor($"{block}attn1.k_norm.weight", width);
            list.Linear($"{block}attn1.to_q", width, width);
            list.Linear($"{block}attn1.to_k", width, width);
            list.Linear($"{block}attn1.to_v", width, width);
            list.Linear($"{block}attn1.to_out.0", width, width);
            list.Linear($"{block}ff.net.0.proj", configuration.FeedForwardWidth, width);
            list.Linear($"{block}ff.net.2", width, configuration.FeedForwardWidth);
        }

        return list.Tensors;
    }
}
