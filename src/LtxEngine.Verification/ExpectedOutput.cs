using LtxEngine.Tensors;

namespace LtxEngine.Verification;

/// <summary>One output that a case demands.</summary>
/// <param name="Name">Its name; <c>out.NAME</c> in the tensors file.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="MaxRelativeRms">The largest allowed rms(actual − expected) / rms(expected).</param>
internal sealed record ExpectedOutput(string Name, TensorShape Shape, double MaxRelativeRms);
