using System.Collections.Immutable;

namespace LtxEngine.Graphs.Building;

/// <summary>A finished graph: the ONNX file's bytes without the weights, and where the weights are.</summary>
/// <param name="Name">The graph's name.</param>
/// <param name="Model">The serialised model.</param>
/// <param name="WeightsFolder">The folder that the locations of external weights are relative to; null when there are none.</param>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs, including taps.</param>
internal sealed record OnnxGraph(
    string Name,
    byte[] Model,
    string? WeightsFolder,
    ImmutableArray<GraphPort> Inputs,
    ImmutableArray<GraphPort> Outputs);
