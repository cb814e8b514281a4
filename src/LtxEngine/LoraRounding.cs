namespace LtxEngine;

/// <summary>The precision in which LoRAs are added to the weights.</summary>
public enum LoraRounding
{
    /// <summary>The sum stays fp32, the more exact way.</summary>
    Single,

    /// <summary>Rounded to bf16 after each operation, as the original code does; takes half the memory.</summary>
    BrainFloat,
}
