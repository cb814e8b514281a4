using LtxEngine.Diffusion.Latents;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>The denoised clip before decoding, normalised.</summary>
/// <param name="Video">[1, channels, frames, height, width].</param>
/// <param name="Audio">[1, channels, frames, bins]; null without sound.</param>
internal sealed record ClipLatents(HostTensor Video, HostTensor? Audio)
{
    /// <summary>Takes the latents out of a finished state; appended conditioning tokens are dropped.</summary>
    /// <param name="state">The state after the loop.</param>
    /// <param name="videoShape">The video latent.</param>
    /// <param name="audioShape">The audio latent; null without sound.</param>
    public static ClipLatents From(AudioVideoState state, VideoLatentShape videoShape, AudioLatentShape? audioShape)
    {
        HostTensor video = HostTensor.Zeros(1, videoShape.Channels, videoShape.Frames, videoShape.Height, videoShape.Width);
        Patchifier.UnpatchifyVideo(state.Video.BaseLatent, videoShape.Channels, video.Data);
        HostTensor? audio = null;
        if (state.Audio is { } audioState && audioShape is not null)
        {
            audio = HostTensor.Zeros(1, audioShape.Channels, audioShape.Frames, audioShape.Bins);
            Patchifier.UnpatchifyAudio(audioState.BaseLatent, audioShape, audio.Data);
        }

        return new ClipLatents(video, audio);
    }
}
