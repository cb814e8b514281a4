namespace LtxEngine;

/// <summary>How LoRAs take effect.</summary>
public enum LoraMode
{
    /// <summary>Added to the weights once: no cost in a step. Changing the set prepares the touched layers anew.</summary>
    Fused,

    /// <summary>Computed beside the layers, y = W·x + s·B·(A·x): some cost in every step, sets and strengths change at once.</summary>
    Applied,
}
