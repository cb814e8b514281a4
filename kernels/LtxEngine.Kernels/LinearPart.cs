using LtxEngine.Tensors;

namespace LtxEngine.Kernels;

/// <summary>One linear layer as stored: y = x·Wᵀ·scale + b. Several parts with the same input are merged by stacking their outputs.</summary>
/// <param name="Weight">[output, input], any float type; read during <see cref="IComputeDevice.PrepareLinear"/> only.</param>
/// <param name="Bias">[output], or null for none.</param>
/// <param name="Scale">Factor of the whole weight, finite: the weight_scale of quantised weights, which then keep their small type.</param>
internal readonly record struct LinearPart(ITensorData Weight, ITensorData? Bias, float Scale = 1);
