using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;

/// <summary>
/// Classifier-free guidance in a range of noise levels only (Kynkäänniemi and others, 2024): at the beginning and at the end the plain
/// prediction serves, and costs half.
/// </summary>
internal sealed class IntervalGuider(float scale, double lowest, double highest) : IGuider
{
    public int MaximumPasses => 2;

    public void Guide(GuidanceStep step)
    {
        bool guides = step.Sigma >= lowest && step.Sigma <= highest;
        GuidancePrediction positive = step.Predict(GuidancePass.Conditional);
        GuidancePrediction negative = guides ? step.Predict(GuidancePass.Unconditional) : positive;
        foreach (Modality modality in Enum.GetValues<Modality>())
        {
            Span<float> guided = step.Guided(modality);
            for (int i = 0; i < guided.Length; i++)
            {
                guided[i] = negative[modality][i] + (scale * (positive[modality][i] - negative[modality][i]));
            }
        }
    }
}
