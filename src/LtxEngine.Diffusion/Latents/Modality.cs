namespace LtxEngine.Diffusion.Latents;

/// <summary>The two token streams that are denoised together.</summary>
public enum Modality
{
    /// <summary>Video tokens.</summary>
    Video,

    /// <summary>Audio tokens.</summary>
    Audio,
}
