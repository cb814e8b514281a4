using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>A tensor that a component reads.</summary>
/// <param name="Name">The full name in the checkpoint.</param>
/// <param name="Shape">The shape; for a quantised weight the shape that it stands for.</param>
/// <param name="IsOptional">Whether the component works without it.</param>
/// <param name="IsQuantisable">Whether it may be stored in fp8 or NVFP4 with scales beside it.</param>
internal readonly record struct ExpectedTensor(string Name, TensorShape Shape, bool IsOptional = false, bool IsQuantisable = false);
