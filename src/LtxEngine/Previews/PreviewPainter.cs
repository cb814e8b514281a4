using LtxEngine.Diffusion.Latents;
using LtxEngine.Planning;

namespace LtxEngine.Previews;

/// <summary>Shows the frame in the middle of a clip, at about a quarter of the size that the stage makes, from what the model predicts while it denoises.</summary>
/// <param name="plan">Size, length and rate of the clip.</param>
/// <param name="projection">Latents to pixels.</param>
/// <param name="mayShow">Whether a picture may be shown to anybody.</param>
internal sealed class PreviewPainter(GenerationPlan plan, LatentProjection projection, Func<VideoFrame, bool> mayShow)
{
    /// <summary>Paints the clip's middle frame, (frames − 1) / 2: the latent frame that holds it, cropped as the clip will be.</summary>
    /// <param name="stage">The stage that made the prediction.</param>
    /// <param name="tokens">The predicted clean latent [tokens, channels]; tokens behind those of the clip are not looked at.</param>
    /// <returns>The picture; null where it may not be shown.</returns>
    public VideoFrame? Paint(DenoiseStage stage, ReadOnlySpan<float> tokens)
    {
        VideoLatentShape shape = stage.VideoShape;
        int frame = (plan.NumFrames - 1) / 2;
        int latentFrame = (frame + shape.Scale.Frames - 1) / shape.Scale.Frames;
        int frameLength = shape.TokensPerFrame * shape.Channels;
        int paintedWidth = shape.Width * LatentProjection.BlockSide;
        int paintedHeight = shape.Height * LatentProjection.BlockSide;
        byte[] painted = new byte[paintedWidth * paintedHeight * 3];
        projection.Paint(tokens.Slice(latentFrame * frameLength, frameLength), shape.Width, painted);
        VideoLatentShape last = (plan.SecondStage ?? plan.Stage).VideoShape;
        int width = Shown(paintedWidth, plan.Width, last.Width * last.Scale.Pixels);
        int height = Shown(paintedHeight, plan.Height, last.Height * last.Scale.Pixels);
        VideoFrame picture = new(frame, width, height, Crop(painted, paintedWidth, paintedHeight, width, height), plan.FrameRate.DurationOf(frame));
        return mayShow(picture) ? picture : null;
    }

    private static int Shown(int painted, int clip, int made) => Math.Max(1, (int)Math.Round((double)painted * clip / made));

    private static byte[] Crop(byte[] painted, int paintedWidth, int paintedHeight, int width, int height)
    {
        if (width == paintedWidth && height == paintedHeight)
        {
            return painted;
        }

        byte[] cropped = new byte[width * height * 3];
        int left = (paintedWidth - width) / 2;
        int top = (paintedHeight - height) / 2;
        for (int row = 0; row < height; row++)
        {
            painted.AsSpan((((top + row) * paintedWidth) + left) * 3, width * 3).CopyTo(cropped.AsSpan(row * width * 3));
        }

        return cropped;
    }
}
