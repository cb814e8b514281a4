namespace LtxEngine.Checkpoints;

/// <summary>Helpers over <see cref="ITensorCollection"/>.</summary>
internal static class TensorCollectionExtensions
{
    /// <summary>The file or folder that messages about a collection name.</summary>
    public static string DisplayPath(this ITensorCollection collection) => collection switch
    {
        SafetensorsFile file => file.FilePath,
        Checkpoint checkpoint => checkpoint.SourcePath,
        LtxCheckpoint checkpoint => checkpoint.SourcePath,
        _ => collection.Tensors.Values.FirstOrDefault()?.FilePath ?? "(model)",
    };
}
