using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>Receives the hidden states of a text model while it runs.</summary>
/// <param name="prompt">Which of the prompts.</param>
/// <param name="index">0: scaled embeddings; k: output of layer k − 1; the last: the final norm of the last layer's output.</param>
/// <param name="state"><c>[tokens, hidden size]</c>; reused after the call, so copy what is kept.</param>
internal delegate void HiddenStateObserver(int prompt, int index, HostTensor state);
