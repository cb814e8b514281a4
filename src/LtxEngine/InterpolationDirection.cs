namespace LtxEngine;

/// <summary>Which way a clip runs between its start image and its end image.</summary>
public enum InterpolationDirection
{
    /// <summary>From the start image to the end image.</summary>
    Forward,

    /// <summary>
    /// From the end image to the start image: the two change places, each with its strength. A start image alone is then the clip's end, and
    /// an end image alone its start. Images at given frames stay where they are.
    /// </summary>
    Backward,
}
