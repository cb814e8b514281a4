namespace LtxEngine;

/// <summary>One file or folder of weights of a model.</summary>
/// <param name="Role">What it is for: <c>checkpoint</c>, <c>text_encoder</c>, …</param>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Tensors">Number of tensors; 0 for an ONNX file, which is not looked into.</param>
/// <param name="DataTypes">Bytes by stored element type.</param>
public sealed record ModelFileReport(string Role, string Path, long Bytes, int Tensors, IReadOnlyDictionary<string, long> DataTypes);
