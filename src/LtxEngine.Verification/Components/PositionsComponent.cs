using System.Text.Json;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Token positions of a request, and the number of audio latents.</summary>
internal sealed class PositionsComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "positions";

    /// <summary>The precision that a case asks for.</summary>
    internal static TimePrecision ReadPrecision(JsonElement parameters, string component) => parameters.OptionalString("position_dtype") switch
    {
        null or "float32" => TimePrecision.Float32,
        "bfloat16" => TimePrecision.BFloat16,
        string other => throw new UnknownOperationException(component, other),
    };

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        switch (referenceCase.Operation)
        {
            case "positions":
                RunPositions(referenceCase, outputs);
                break;
            case "audio_length_table":
                RunTable(referenceCase.Parameters.GetProperty("expected").GetProperty("rows"), outputs);
                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private void RunPositions(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        JsonElement parameters = referenceCase.Parameters;
        int frames = parameters.GetProperty("frames").GetInt32();
        double framesPerSecond = parameters.GetProperty("fps").GetDouble();
        VideoLatentShape shape = VideoLatentShape.FromClip(
            channels: 1, frames, parameters.GetProperty("height").GetInt32(), parameters.GetProperty("width").GetInt32());
        LatentState video = InitialStates.CreateVideo(shape, framesPerSecond, [], precision: ReadPrecision(parameters, Component));
        outputs.Add("video_positions", new TensorShape(3, video.TokenCount, 2), video.Positions);

        int audioFrames = AudioTiming.Default.LatentFrames(frames, framesPerSecond);
        float[] audio = new float[audioFrames * 2];
        Positions.WriteAudio(audioFrames, AudioTiming.Default, audio);
        outputs.Add("audio_positions", new TensorShape(1, audioFrames, 2), audio);
        outputs.SetExpected(new
        {
            latent_frames = shape.Frames,
            latent_height = shape.Height,
            latent_width = shape.Width,
            audio_frames = audioFrames,
        });
    }

    private static void RunTable(JsonElement rows, CaseOutputs outputs) => outputs.SetExpected(new
    {
        rows = rows.EnumerateArray().Select(static row =>
        {
            int frames = row[0].GetInt32();
            double framesPerSecond = row[1].GetDouble();
            return new[] { frames, framesPerSecond, AudioTiming.Default.LatentFrames(frames, framesPerSecond) };
        }).ToArray(),
    });
}
