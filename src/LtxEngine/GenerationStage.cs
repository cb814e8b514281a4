namespace LtxEngine;

/// <summary>The stages of one request, in the order in which they run.</summary>
public enum GenerationStage
{
    /// <summary>Waiting for earlier requests on the same device.</summary>
    Queued,

    /// <summary>The prompts become context vectors.</summary>
    TextEncoding,

    /// <summary>The start image becomes a latent.</summary>
    ImageConditioning,

    /// <summary>Noise becomes video and audio latents.</summary>
    Denoising,

    /// <summary>The audio latent becomes a waveform.</summary>
    AudioDecoding,

    /// <summary>The video latent becomes frames.</summary>
    VideoDecoding,

    /// <summary>Frames and sound become a file.</summary>
    Encoding,
}
