using LtxEngine.Diffusion.Samplers;

/// <summary>Heun's method: an Euler step to look ahead, then a step with the mean of the two velocities. Two evaluations per step.</summary>
internal sealed class HeunSampler : ISampler
{
    public void Step(SamplerStep step)
    {
        double change = step.NextSigma - step.Sigma;
        step.Evaluate(step.Sigma);
        foreach (SamplerStream stream in step.Streams)
        {
            Span<double> start = stream.Scratch(0);
            Span<double> velocity = stream.Scratch(1);
            for (int i = 0; i < start.Length; i++)
            {
                start[i] = stream.Latent[i];
                velocity[i] = (start[i] - stream.Denoised[i]) / step.Sigma;
                stream.Latent[i] = (float)(start[i] + (velocity[i] * change));
            }
        }

        // At the end there is no noise left to look at.
        if (step.NextSigma == 0)
        {
            return;
        }

        step.EvaluateSubstep(step.NextSigma);
        foreach (SamplerStream stream in step.Streams)
        {
            Span<double> start = stream.Scratch(0);
            Span<double> velocity = stream.Scratch(1);
            for (int i = 0; i < start.Length; i++)
            {
                double ahead = (stream.Latent[i] - stream.Denoised[i]) / step.NextSigma;
                stream.Latent[i] = (float)(start[i] + (0.5 * (velocity[i] + ahead) * change));
            }
        }
    }
}
