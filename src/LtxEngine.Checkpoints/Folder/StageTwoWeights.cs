namespace LtxEngine.Checkpoints.Folder;

/// <summary>Which weights the second stage of a two-stage generation runs with.</summary>
internal enum StageTwoWeights
{
    /// <summary>The distilled LoRA on top of the checkpoint (a distilled checkpoint needs none).</summary>
    Distilled,

    /// <summary>The checkpoint as it is: for models without a distilled LoRA.</summary>
    Base,
}
