namespace LtxEngine;

/// <summary>What the encoder spends time on: the quality stays about the same, time is traded against the size of the file.</summary>
public enum VideoWriteMode
{
    /// <summary>Written quickly; larger for what it shows.</summary>
    Fast,

    /// <summary>Between the two.</summary>
    Balanced,

    /// <summary>Written slowly; smaller for what it shows.</summary>
    Small,
}
