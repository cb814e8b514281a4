namespace LtxEngine;

/// <summary>The stages of one request, in the order in which they run.</summary>
public enum GenerationStage
{
    /// <summary>Waiting for earlier requests on the same device.</summary>
    Queued,

    /// <summary>The text model writes a more detailed prompt; only where that is switched on.</summary>
    PromptExpansion,

    /// <summary>The prompts become context vectors.</summary>
    TextEncoding,

    /// <summary>The images become latents.</summary>
    ImageConditioning,

    /// <summary>Noise becomes video and audio latents; with two stages at half the width and height.</summary>
    Denoising,

    /// <summary>The video latent of the first stage gets twice the height and width; only with two stages.</summary>
    Upscaling,

    /// <summary>The second stage refines the upscaled latent and the sound; only with two stages.</summary>
    Refining,

    /// <summary>The audio latent becomes a waveform.</summary>
    AudioDecoding,

    /// <summary>The video latent becomes frames.</summary>
    VideoDecoding,

    /// <summary>Frames and sound become a file.</summary>
    Encoding,
}
