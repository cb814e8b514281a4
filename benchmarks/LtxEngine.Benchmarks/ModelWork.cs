namespace LtxEngine.Benchmarks;

/// <summary>A stage of a request.</summary>
public enum ModelWork
{
    /// <summary>Hidden states of a prompt and their projection.</summary>
    Text,

    /// <summary>One step with guidance.</summary>
    Step,

    /// <summary>Doubling a latent.</summary>
    Upsampler,

    /// <summary>Latent to frames.</summary>
    VideoDecoder,

    /// <summary>Latent to sound.</summary>
    Sound,

    /// <summary>A whole request.</summary>
    Clip,

    /// <summary>Opening the model and loading its networks.</summary>
    Loading,
}
