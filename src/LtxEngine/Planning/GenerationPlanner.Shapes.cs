using LtxEngine.Diffusion.Latents;
using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <content>Sizes: what the clip has, and what the model has to make for it.</content>
internal static partial class GenerationPlanner
{
    private static void CheckAutoSize(GenerationRequest request, ErrorList errors)
    {
        if (request.SizeFromImage)
        {
            errors.Require(request.Width is null && request.Height is null, "size_from_image", true, "false beside width and height, which say the size");
            errors.Require(AutoSize.Source(request) is not null, "size_from_image", true, "false, or an image whose aspect ratio the clip can have");
        }
    }

    private static int Side(int value, string field, ErrorList errors, List<string> warnings)
    {
        if (errors.Require(value is >= RequestLimits.MinSide and <= RequestLimits.MaxSide, field, value, $"{RequestLimits.MinSide} … {RequestLimits.MaxSide} pixels") && value % 2 != 0)
        {
            // Video stores one colour value for two pixels.
            warnings.Add($"{field} {value} is odd, which video files cannot store: the clip has {value - 1} pixels.");
        }

        return value - (value % 2);
    }

    /// <summary>The latent of the last stage.</summary>
    private static VideoLatentShape? VideoShape(GenerationRequest request, int width, int height, int frames, ModelProfile model, ErrorList errors)
    {
        if (errors.Has("width") || errors.Has("height") || errors.Has("num_frames"))
        {
            return null;
        }

        int multiple = model.Scale.Pixels * (request.UseMultiscale ? 2 : 1);
        int smallest = model.SmallestCells * model.Scale.Pixels;
        try
        {
            return VideoLatentShape.FromClip(
                model.VideoLatentChannels,
                RoundUp(frames - 1, model.Scale.Frames) + 1,
                RoundUp(Math.Max(height, smallest), multiple),
                RoundUp(Math.Max(width, smallest), multiple),
                model.Scale);
        }
        catch (ArgumentException)
        {
            errors.Require(false, "num_frames", frames, $"fewer frames at {width} × {height}: the latent must have less than 2³¹ values");
            return null;
        }
    }

    private static VideoLatentShape Half(VideoLatentShape shape) => new(shape.Channels, shape.Frames, shape.Height / 2, shape.Width / 2, shape.Scale);

    private static AudioLatentShape? AudioShape(GenerationRequest request, int frames, double fps, ModelProfile model, ErrorList errors, List<string> warnings)
    {
        if (!WantsAudio(request) || errors.Has("num_frames") || errors.Has("fps"))
        {
            return null;
        }

        if (!model.HasAudio)
        {
            warnings.Add("The checkpoint is a video-only one: the clip has no sound.");
            return null;
        }

        try
        {
            int latents = model.AudioTiming.LatentFrames(RoundUp(frames - 1, model.Scale.Frames) + 1, fps);
            if (latents == 0)
            {
                warnings.Add("The clip is too short for sound: it has none.");
                return null;
            }

            return new AudioLatentShape(model.AudioLatentChannels, latents, model.AudioLatentBins);
        }
        catch (ArgumentException)
        {
            errors.Require(false, "num_frames", frames, $"fewer frames at {fps} frames per second: the sound must have less than 2³¹ values");
            return null;
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
