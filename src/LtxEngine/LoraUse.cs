namespace LtxEngine;

/// <summary>A LoRA file and how strongly a clip follows it.</summary>
/// <param name="Path">The safetensors file. It is checked against the model before the request runs.</param>
/// <param name="Strength">Factor of its change of the weights: 1 is as trained, 0 changes nothing, negative values push the other way.</param>
public sealed record LoraUse(string Path, double Strength = 1);
