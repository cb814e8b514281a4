using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Features to the contexts of both streams.</summary>
internal sealed class TextConnectorComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "text_connector";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        HostTensor features = referenceCase.Input("features");
        int length = referenceCase.Parameters.GetProperty("padded_length").GetInt32();
        using Checkpoint checkpoint = Checkpoint.Open(referenceCase.Checkpoint);
        TextConditioningConfiguration configuration = TextConditioningConfiguration.Read(checkpoint);
        GraphSessionOptions session = GraphThreads.Options(context);
        using TextConnector video = new(configuration.Video, checkpoint, session);
        ContextSummary.Add("video", video.Run([features], length)[0], referenceCase, outputs);
        if (configuration.Audio is not null)
        {
            using TextConnector audio = new(configuration.Audio, checkpoint, session);
            ContextSummary.Add("audio", audio.Run([features], length)[0], referenceCase, outputs);
        }
    }
}
