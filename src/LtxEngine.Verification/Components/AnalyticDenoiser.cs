using System.Text.Json;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Verification.Components;

/// <summary>The denoiser of the sampler cases: <c>x0 = a·x + b·tanh(x) + c + d·σ</c>, elementwise, with the global σ.</summary>
internal sealed class AnalyticDenoiser : IDenoiser
{
    private readonly double[] _video;
    private readonly double[] _audio;

    /// <summary>Reads the coefficients of both streams.</summary>
    /// <param name="denoiser">The case's <c>denoiser</c>.</param>
    public AnalyticDenoiser(JsonElement denoiser)
    {
        _video = ReadCoefficients(denoiser, "video");
        _audio = ReadCoefficients(denoiser, "audio");
    }

    /// <inheritdoc/>
    public void Denoise(DenoiserRequest request)
    {
        foreach (LatentState stream in request.State.Streams)
        {
            double[] coefficients = stream.Modality == Modality.Video ? _video : _audio;
            Span<float> prediction = request.Prediction(stream.Modality);
            ReadOnlySpan<float> latent = stream.Latent;
            double offset = coefficients[2] + (coefficients[3] * request.Sigma);
            for (int i = 0; i < latent.Length; i++)
            {
                prediction[i] = (float)((coefficients[0] * latent[i]) + (coefficients[1] * Math.Tanh(latent[i])) + offset);
            }
        }
    }

    private static double[] ReadCoefficients(JsonElement denoiser, string stream) =>
        denoiser.TryGetProperty(stream, out JsonElement values)
            ? [values.GetProperty("a").GetDouble(), values.GetProperty("b").GetDouble(), values.GetProperty("c").GetDouble(), values.GetProperty("d").GetDouble()]
            : [0, 0, 0, 0];
}
