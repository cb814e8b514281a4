namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The text side of a checkpoint: feature projection and the connectors. 19B values in brackets.</summary>
internal sealed partial record TextConditioningConfiguration
{
    /// <summary>The name of the feature projection's weight <c>[OutputWidth, InputWidth]</c>.</summary>
    public const string ProjectionWeight = "text_embedding_projection.aggregate_embed.weight";

    /// <summary>The projection's input: text width times the number of hidden states [188160 = 3840 · 49].</summary>
    public required int ProjectionInputWidth { get; init; }

    /// <summary>The projection's output [3840].</summary>
    public required int ProjectionOutputWidth { get; init; }

    /// <summary>The connector of the video stream.</summary>
    public required TextConnectorConfiguration Video { get; init; }

    /// <summary>The connector of the audio stream; null in a video-only file.</summary>
    public TextConnectorConfiguration? Audio { get; init; }
}
