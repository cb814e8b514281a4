namespace LtxEngine.Planning;

/// <content>The kind of file.</content>
internal static partial class GenerationPlanner
{
    private static void CheckOutput(GenerationRequest request, ErrorList errors)
    {
        errors.Require(
            request.VideoOutputType is not { } type || Enum.IsDefined(type), "video_output_type", request.VideoOutputType, "X264, VP9, PRORES4444, GIF, or null: the file's ending decides");
        errors.Require(Enum.IsDefined(request.VideoQuality), "video_quality", request.VideoQuality, "low, medium, high, maximum");
        errors.Require(Enum.IsDefined(request.VideoWriteMode), "video_write_mode", request.VideoWriteMode, "fast, balanced, small");
    }

    /// <summary>A GIF carries no sound, so nothing of it is computed.</summary>
    private static bool WantsAudio(GenerationRequest request) => request.GenerateAudio && request.VideoOutputType != VideoOutputType.Gif;
}
