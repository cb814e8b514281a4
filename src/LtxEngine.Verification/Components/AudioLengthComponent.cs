using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Verification.Components;

/// <summary>Lengths of the sound of a clip: latents, mel frames, samples.</summary>
internal sealed class AudioLengthComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "audio_length";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        AudioTiming timing = AudioTiming.Default;
        double latentsPerSecond = referenceCase.Parameters.OptionalDouble("latents_per_second", timing.LatentsPerSecond);
        outputs.SetExpected(new
        {
            rows = referenceCase.Parameters.GetProperty("expected").GetProperty("rows").EnumerateArray().Select(row =>
            {
                int frames = row[0].GetInt32();
                double framesPerSecond = row[1].GetDouble();
                int latents = timing.LatentFrames(frames, framesPerSecond, latentsPerSecond);
                return new[] { frames, framesPerSecond, latents, timing.MelFrames(latents), timing.OutputSamples(latents) };
            }).ToArray(),
        });
    }
}
