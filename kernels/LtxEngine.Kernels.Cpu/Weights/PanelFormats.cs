namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>Facts about the formats of panels.</summary>
internal static class PanelFormats
{
    /// <summary>Bytes of one value.</summary>
    public static int ValueBytes(PanelFormat format) => format switch
    {
        PanelFormat.Single => sizeof(float),
        PanelFormat.BrainPairs or PanelFormat.BrainRows => sizeof(ushort),
        _ => sizeof(byte),
    };

    /// <summary>Values of one column that lie together.</summary>
    public static int GroupLength(PanelFormat format) => format switch
    {
        PanelFormat.Single => 1,
        PanelFormat.SignedByteQuads => 4,
        _ => 2,
    };

    /// <summary>What the depth is padded to a multiple of: two steps of a micro-kernel.</summary>
    public static int DepthMultiple(PanelFormat format) => format == PanelFormat.SignedByteQuads ? 8 : 2;

    /// <summary>Whether the values are bytes that are widened to bf16 pairs where they are multiplied.</summary>
    public static bool IsWidened(PanelFormat format) =>
        format is PanelFormat.Float8E4M3Pairs or PanelFormat.Float8E5M2Pairs or PanelFormat.SignedBytePairs;

    /// <summary>Whether the values are bytes of a rounding with one factor per column.</summary>
    public static bool IsQuantised(PanelFormat format) => format is PanelFormat.SignedBytePairs or PanelFormat.SignedByteQuads;
}
