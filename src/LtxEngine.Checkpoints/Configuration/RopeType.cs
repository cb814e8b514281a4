namespace LtxEngine.Checkpoints.Configuration;

/// <summary>Which channels a rotary position embedding (RoPE) turns together.</summary>
internal enum RopeType
{
    /// <summary>Channel j of a head pairs with channel j + half the head: LTX-2 19B.</summary>
    Split,

    /// <summary>Channel 2j pairs with channel 2j + 1.</summary>
    Interleaved,
}
