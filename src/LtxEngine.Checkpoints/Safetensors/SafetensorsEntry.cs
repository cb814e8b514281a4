using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>One tensor as a header states it.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DataType">The element type.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Begin">First byte, counted from the start of the data.</param>
/// <param name="End">First byte after the tensor.</param>
internal readonly record struct SafetensorsEntry(string Name, DataType DataType, TensorShape Shape, long Begin, long End);
