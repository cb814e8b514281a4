namespace LtxEngine.Checkpoints.Folder;

/// <summary>How a model was trained to be run.</summary>
internal enum ModelKind
{
    /// <summary>With guidance and many steps.</summary>
    Dev,

    /// <summary>Without guidance, in a few fixed steps.</summary>
    Distilled,
}
