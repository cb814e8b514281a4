using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>One weight of a layer that is run with its weights as inputs.</summary>
/// <param name="Name">The end of the checkpoint key, after the layer's prefix; also the name of the graph's input.</param>
/// <param name="Shape">The shape that the checkpoint must have.</param>
internal sealed record LayerPart(string Name, TensorShape Shape);
