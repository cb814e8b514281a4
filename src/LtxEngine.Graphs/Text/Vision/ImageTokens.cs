using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text.Vision;

/// <summary>
/// An image within a text: its vectors replace the embeddings of consecutive tokens, unscaled, and these tokens see each other in both directions.
/// </summary>
/// <param name="Start">The place of the first of them among the ids of the call.</param>
/// <param name="Vectors"><c>[tokens, hidden size]</c>, as the vision tower gives them.</param>
internal sealed record ImageTokens(int Start, HostTensor Vectors)
{
    /// <summary>The number of tokens.</summary>
    internal int Count => Vectors.Shape.Extent(0);

    /// <summary>Whether a token belongs to the image.</summary>
    /// <param name="index">Its place among the ids of the call.</param>
    internal bool Contains(int index) => index >= Start && index < Start + Count;
}
