using System.Text.Json;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The denoise loop with every sampler, over a denoiser that is a formula.</summary>
internal sealed class SamplerComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "sampler";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        JsonElement denoiser = parameters.GetProperty("denoiser");
        RequireKnown(denoiser.OptionalString("kind"), "analytic");
        RequireKnown(parameters.OptionalString("state_dtype") ?? "float32", "float32");

        AudioVideoState state = new(
            ReadStream(referenceCase, Modality.Video, "video"),
            referenceCase.HasInput("audio_latent") ? ReadStream(referenceCase, Modality.Audio, "audio") : null);
        double[] sigmas = [.. parameters.GetProperty("sigmas").EnumerateArray().Select(static sigma => sigma.GetDouble())];
        DenoiseLoopOptions options = new() { Observer = new StepRecorder(outputs) };
        if (referenceCase.HasInput("noise_0"))
        {
            StoredNoise noise = new(referenceCase);
            options = new DenoiseLoopOptions { Observer = options.Observer, CreateNoise = _ => noise };
        }

        DenoiseLoop loop = new(new AnalyticDenoiser(denoiser), new MultiModalGuider(GuidanceParameters.Distilled), ReadSampler(parameters));
        loop.Run(state, sigmas, options);
        foreach (LatentState stream in state.Streams)
        {
            StepRecorder.Add(outputs, stream, "final");
        }
    }

    private static LatentState ReadStream(ReferenceCase referenceCase, Modality modality, string name)
    {
        HostTensor latent = referenceCase.Input(name + "_latent");
        int tokens = latent.Shape.Extent(latent.Shape.Rank - 2);
        LatentState state = new(modality, tokens, tokens, latent.Shape.Extent(latent.Shape.Rank - 1), positionAxes: 1);
        latent.Data.CopyTo(state.Latent);
        referenceCase.Input(name + "_clean").Data.CopyTo(state.CleanLatent);
        referenceCase.Input(name + "_mask").Data.CopyTo(state.DenoiseMask);
        return state;
    }

    private ISampler ReadSampler(JsonElement parameters)
    {
        string? name = parameters.GetProperty("sampler").GetString();
        switch (name)
        {
            case "euler":
                return new EulerSampler();
            case "gradient_estimation":
                return new GradientEstimatingEulerSampler(parameters.OptionalDouble("ge_gamma", 2));
            case "res_2s":
                int iterations = (int)parameters.OptionalDouble("bong_iterations", 100);
                return new Res2sSampler
                {
                    AnchorIterations = parameters.OptionalBoolean("bong", true) ? iterations : 0,
                    StepSeed = parameters.OptionalSeed("step_seed", -1),
                    SubstepSeed = parameters.OptionalSeed("substep_seed", 9999),
                };
            default:
                throw new UnknownOperationException(Component, name);
        }
    }

    private void RequireKnown(string? value, string known)
    {
        if (!string.Equals(value, known, StringComparison.Ordinal))
        {
            throw new UnknownOperationException(Component, value);
        }
    }
}
