namespace LtxEngine.Diffusion.Conditioning;

/// <summary>How long a keyframe lasts on the time axis.</summary>
public enum KeyframeTimeExtent
{
    /// <summary>A keyframe of a single image lasts one pixel frame (the reference code of today); a clip keeps 8 per latent frame.</summary>
    OneFrame,

    /// <summary>Each latent frame lasts 8 pixel frames (January 2026).</summary>
    EightFrames,
}
