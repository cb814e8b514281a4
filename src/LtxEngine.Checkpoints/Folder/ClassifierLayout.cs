namespace LtxEngine.Checkpoints.Folder;

/// <summary>The order of the axes of an image classifier's input.</summary>
internal enum ClassifierLayout
{
    /// <summary>[1, 3, height, width].</summary>
    ChannelsFirst,

    /// <summary>[1, height, width, 3].</summary>
    ChannelsLast,
}
