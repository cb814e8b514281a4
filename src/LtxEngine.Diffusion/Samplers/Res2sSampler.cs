using System.Numerics;
using System.Runtime.InteropServices;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>
/// res_2s: a second-order exponential integrator with two evaluations per step and fresh noise in each of them. Computed in double.
/// </summary>
/// <remarks>
/// With h = ln(σ/σ'), φ1(z) = (eᶻ−1)/z, φ2(z) = (eᶻ−1−z)/z², c2 = 1/2: a21 = c2·φ1(−h·c2), b2 = φ2(−h)/c2, b1 = φ1(−h) − b2; the inner stage lies at
/// √(σ·σ'). A schedule that ends in 0 gets a last sigma of 0.0011 before it, whose x0 is the result.
/// Source: Lightricks LTX-2, the res_2s sampler of the two-stage pipeline.
/// </remarks>
public sealed class Res2sSampler : ISampler
{
    private const double StageFraction = 0.5;
    private const double LastSigma = 0.0011;
    private const double AnchorRefinementMaximumStep = 0.5;
    private const double AnchorRefinementMinimumSigma = 0.03;
    private const int Anchor = 0;
    private const int Direction = 1;
    private const int Target = 2;
    private const int NoiseValues = 3;

    /// <summary>Seed of the noise that is added at the end of a step. Default −1.</summary>
    public long StepSeed { get; init; } = -1;

    /// <summary>Seed of the noise that is added in the inner stage. Default 9999.</summary>
    public long SubstepSeed { get; init; } = 9999;

    /// <summary>
    /// Iterations that move the anchor after the inner noise so that anchor and inner stage fit each other again
    /// (only for small steps, h &lt; 0.5, above σ = 0.03). Default 100; 0 turns it off.
    /// </summary>
    public int AnchorIterations { get; init; } = 100;

    /// <inheritdoc/>
    public double[] PrepareSigmas(ReadOnlySpan<double> sigmas)
    {
        Require.InRange(AnchorIterations, 0, 10_000, nameof(AnchorIterations));
        if (sigmas.Length < 2 || sigmas[^1] != 0)
        {
            return sigmas.ToArray();
        }

        if (sigmas[^2] <= LastSigma)
        {
            throw new ArgumentException($"The last sigma before 0 is {sigmas[^2]}; res_2s needs it above {LastSigma}.", nameof(sigmas));
        }

        return [.. sigmas[..^1], LastSigma, 0];
    }

    /// <inheritdoc/>
    public void Step(SamplerStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (step.Index == step.FirstIndex)
        {
            SkipNoiseOfEarlierSteps(step);
        }

        double sigma = step.Sigma;
        double nextSigma = step.NextSigma;
        step.Evaluate(sigma);
        if (nextSigma == 0)
        {
            foreach (SamplerStream stream in step.Streams)
            {
                stream.Denoised.CopyTo(stream.Latent);
            }

            return;
        }

        double h = Math.Log(sigma / nextSigma);
        double stageSigma = Math.Sqrt(sigma * nextSigma);
        double a21 = StageFraction * PhiOne(-h * StageFraction);
        double b2 = PhiTwo(-h) / StageFraction;
        double b1 = PhiOne(-h) - b2;
        bool refineAnchor = h < AnchorRefinementMaximumStep && sigma > AnchorRefinementMinimumSigma;
        foreach (SamplerStream stream in step.Streams)
        {
            BeginStage(stream, h * a21);
            AddNoise(stream, sigma, stageSigma, step.Noise(SubstepSeed));
            if (refineAnchor)
            {
                RefineAnchor(stream, h * a21);
            }

            ToLatent(stream);
        }

        step.EvaluateSubstep(stageSigma);
        foreach (SamplerStream stream in step.Streams)
        {
            FinishStage(stream, h * b1, h * b2);
            AddNoise(stream, sigma, nextSigma, step.Noise(StepSeed));
            ToLatent(stream);
        }
    }

    /// <summary>φ1(z) = (eᶻ−1)/z, 1 at z = 0.</summary>
    internal static double PhiOne(double z) => Math.Abs(z) < 1e-10 ? 1 : (Math.Exp(z) - 1) / z;

    /// <summary>φ2(z) = (eᶻ−1−z)/z², 1/2 at z = 0.</summary>
    internal static double PhiTwo(double z) => Math.Abs(z) < 1e-10 ? 0.5 : (Math.Exp(z) - 1 - z) / (z * z);

    // anchor = x, direction = x0 − x, target = x + h·a21·direction.
    private static void BeginStage(SamplerStream stream, double factor)
    {
        ReadOnlySpan<float> latent = stream.Latent;
        ReadOnlySpan<float> denoised = stream.Denoised;
        Span<double> anchor = stream.Scratch(Anchor);
        Span<double> direction = stream.Scratch(Direction);
        Span<double> target = stream.Scratch(Target);
        for (int i = 0; i < latent.Length; i++)
        {
            anchor[i] = latent[i];
            direction[i] = denoised[i] - (double)latent[i];
            target[i] = anchor[i] + (factor * direction[i]);
        }
    }

    // target = anchor + h·(b1·e1 + b2·e2), where e2 = x0 of the inner stage − anchor.
    private static void FinishStage(SamplerStream stream, double firstFactor, double secondFactor)
    {
        ReadOnlySpan<float> denoised = stream.Denoised;
        ReadOnlySpan<double> anchor = stream.Scratch(Anchor);
        ReadOnlySpan<double> direction = stream.Scratch(Direction);
        Span<double> target = stream.Scratch(Target);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = anchor[i] + (firstFactor * direction[i]) + (secondFactor * (denoised[i] - anchor[i]));
        }
    }

    private static void AddNoise(SamplerStream stream, double sigma, double nextSigma, INoiseSource source)
    {
        LatentState state = stream.State;
        Span<double> noise = stream.Scratch(NoiseValues);
        source.Fill(noise);
        NoiseStandardisation.Apply(noise, batch: 1);
        double up = Math.Min(0.5 * nextSigma, 0.9999 * nextSigma);
        double rest = Math.Sqrt((nextSigma * nextSigma) - (up * up));
        double alpha = 1 - nextSigma + rest;
        double down = rest / alpha;
        ReadOnlySpan<double> anchor = stream.Scratch(Anchor);
        Span<double> target = stream.Scratch(Target);
        int channels = state.Channels;
        for (int token = 0; token < state.TokenCount; token++)
        {
            double mask = state.DenoiseMask[token];
            int start = token * channels;
            ReadOnlySpan<float> clean = state.CleanLatent.Slice(start, channels);
            for (int channel = 0; channel < channels; channel++)
            {
                int i = start + channel;
                double epsilon = (anchor[i] - target[i]) / (sigma - nextSigma);
                double denoised = anchor[i] - (sigma * epsilon);
                double noised = (alpha * (denoised + (down * epsilon))) + (up * noise[i]);
                target[i] = (noised * mask) + (clean[channel] * (1 - mask));
            }
        }
    }

    // Repeats anchor = target − h·a21·direction; direction = x0 − anchor, in registers: lanes are elements, so every width gives the same numbers.
    private void RefineAnchor(SamplerStream stream, double factor)
    {
        ReadOnlySpan<float> denoised = stream.Denoised;
        Span<double> anchor = stream.Scratch(Anchor);
        Span<double> direction = stream.Scratch(Direction);
        ReadOnlySpan<double> target = stream.Scratch(Target);

        // The prediction is widened into the noise buffer, which is free here.
        Span<double> prediction = stream.Scratch(NoiseValues);
        for (int i = 0; i < prediction.Length; i++)
        {
            prediction[i] = denoised[i];
        }

        Span<Vector<double>> anchors = MemoryMarshal.Cast<double, Vector<double>>(anchor);
        Span<Vector<double>> directions = MemoryMarshal.Cast<double, Vector<double>>(direction);
        ReadOnlySpan<Vector<double>> targets = MemoryMarshal.Cast<double, Vector<double>>(target);
        ReadOnlySpan<Vector<double>> predictions = MemoryMarshal.Cast<double, Vector<double>>((ReadOnlySpan<double>)prediction);
        Vector<double> factors = new(factor);
        for (int i = 0; i < anchors.Length; i++)
        {
            Vector<double> a = anchors[i];
            Vector<double> e = directions[i];
            for (int iteration = 0; iteration < AnchorIterations; iteration++)
            {
                a = targets[i] - (factors * e);
                e = predictions[i] - a;
            }

            anchors[i] = a;
            directions[i] = e;
        }

        for (int i = anchors.Length * Vector<double>.Count; i < anchor.Length; i++)
        {
            for (int iteration = 0; iteration < AnchorIterations; iteration++)
            {
                anchor[i] = target[i] - (factor * direction[i]);
                direction[i] = prediction[i] - anchor[i];
            }
        }
    }

    private static void ToLatent(SamplerStream stream)
    {
        ReadOnlySpan<double> target = stream.Scratch(Target);
        Span<float> latent = stream.Latent;
        for (int i = 0; i < latent.Length; i++)
        {
            latent[i] = (float)target[i];
        }
    }

    // A resumed run must meet the same noise as an unbroken one, so the draws of the steps before it are made and dropped.
    private void SkipNoiseOfEarlierSteps(SamplerStep step)
    {
        for (int index = 0; index < step.FirstIndex; index++)
        {
            foreach (SamplerStream stream in step.Streams)
            {
                step.Noise(SubstepSeed).Fill(stream.Scratch(NoiseValues));
            }

            foreach (SamplerStream stream in step.Streams)
            {
                step.Noise(StepSeed).Fill(stream.Scratch(NoiseValues));
            }
        }
    }
}
