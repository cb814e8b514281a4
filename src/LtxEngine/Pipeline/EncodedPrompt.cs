namespace LtxEngine.Pipeline;

/// <summary>One prompt as the transformer takes it.</summary>
/// <param name="VideoContext">[rows, context width], output of the video connector.</param>
/// <param name="AudioContext">[rows, context width], output of the audio connector; empty for a video-only model.</param>
internal sealed record EncodedPrompt(float[] VideoContext, float[] AudioContext);
