namespace LtxEngine.Checkpoints;

/// <summary>How a check of a model's tensors is reported.</summary>
internal static class ModelLayoutReport
{
    /// <summary>How many problems of one kind a message lists before it only counts.</summary>
    public const int MaximumListed = 1000;
}
