using LtxEngine.Tensors;

namespace LtxEngine.Kernels;

/// <summary>A convolution as stored.</summary>
/// <param name="Weight">[output, input, kernelHeight, kernelWidth] or [output, input, kernelFrames, kernelHeight, kernelWidth], odd kernel sizes.</param>
/// <param name="Bias">[output], or null for none.</param>
internal readonly record struct ConvolutionPart(ITensorData Weight, ITensorData? Bias);
