using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Diffusion.Tests.Samplers;

/// <summary>A model that is a formula, with another answer for every kind of pass; it records the passes that were asked for.</summary>
internal sealed class LinearDenoiser : IDenoiser
{
    /// <summary>The passes so far; only kept when recording.</summary>
    public List<RecordedPass> Passes { get; } = [];

    /// <summary>Whether passes are recorded.</summary>
    public bool Record { get; init; } = true;

    /// <summary>Called before every pass.</summary>
    public Action<DenoiserRequest>? BeforePass { get; init; }

    /// <summary>Factor of the latent; 0 makes the prediction a constant.</summary>
    public float Slope { get; init; } = 0.5f;

    public void Denoise(DenoiserRequest request)
    {
        BeforePass?.Invoke(request);
        if (Record)
        {
            Passes.Add(new RecordedPass(request.StepIndex, request.PassIndex, request.Sigma, request.Pass, request.VideoEnabled, request.AudioEnabled));
        }

        float offset = (request.Pass.Context == PromptContext.Negative ? -0.3f : 0.2f)
            + (request.Pass.PerturbedVideoBlocks.Count * 0.1f)
            + (request.Pass.IsolateModalities ? -0.05f : 0);
        foreach (LatentState stream in request.State.Streams)
        {
            Span<float> prediction = request.Prediction(stream.Modality);
            ReadOnlySpan<float> latent = stream.Latent;
            for (int i = 0; i < prediction.Length; i++)
            {
                prediction[i] = (Slope * latent[i]) + offset + (0.01f * (i % 7));
            }
        }
    }
}
