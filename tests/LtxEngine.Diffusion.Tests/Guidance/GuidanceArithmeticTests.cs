using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Diffusion.Tests.Guidance;

public sealed class GuidanceArithmeticTests
{
    private static readonly float[] Conditional = [1, 2, 3, 5];
    private static readonly float[] Negative = [0, 1, 1, 1];
    private static readonly float[] Perturbed = [1, 1, 1, 1];
    private static readonly float[] Isolated = [2, 2, 2, 2];

    [Fact]
    public void The_terms_add_up()
    {
        ModalityGuidance guidance = new() { CfgScale = 3, StgScale = 0.5, ModalityScale = 2 };

        // c + 2(c−n) + 0.5(c−p) + 1(c−q)
        Assert.Equal([1 + 2 + 0 - 1, 2 + 2 + 0.5f + 0, 3 + 4 + 1 + 1, 5 + 8 + 2 + 3], Combine(guidance));
    }

    [Fact]
    public void Neutral_guidance_is_the_conditional_prediction_and_reads_nothing_else()
    {
        float[] result = new float[4];
        GuidanceArithmetic.Combine(ModalityGuidance.None, Conditional, [], [], [], result);
        Assert.Equal(Conditional, result);
    }

    [Fact]
    public void Full_rescale_gives_the_deviation_of_the_conditional_prediction()
    {
        float[] result = Combine(new ModalityGuidance { CfgScale = 4, RescaleScale = 1 });
        Assert.Equal(Deviation(Conditional), Deviation(result), 1e-6);
    }

    [Fact]
    public void Part_rescale_mixes_the_factor_with_one()
    {
        ModalityGuidance guidance = new() { CfgScale = 4 };
        float[] plain = Combine(guidance);
        float[] rescaled = Combine(guidance with { RescaleScale = 0.7 });
        double factor = (0.7 * Deviation(Conditional) / Deviation(plain)) + 0.3;
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i] * factor, rescaled[i], 1e-5);
        }
    }

    [Fact]
    public void A_constant_prediction_is_not_rescaled()
    {
        float[] result = new float[4];
        GuidanceArithmetic.Combine(new ModalityGuidance { RescaleScale = 1 }, [2, 2, 2, 2], [], [], [], result);
        Assert.Equal([2, 2, 2, 2], result);
    }

    [Fact]
    public void Projected_guidance_scales_the_negative_prediction_by_its_projection()
    {
        // ⟨c,n⟩ = 10, ‖n‖² = 3
        float[] result = Combine(new ModalityGuidance { CfgScale = 2, CfgVariant = CfgVariant.Projected });
        Assert.Equal(1 + 1, result[0], 1e-5);
        Assert.Equal(5 + 5 - (10.0 / 3), result[3], 1e-5);
    }

    [Fact]
    public void Adaptive_projected_guidance_with_eta_one_and_no_threshold_is_plain_guidance()
    {
        float[] plain = Combine(new ModalityGuidance { CfgScale = 4 });
        float[] adaptive = Combine(new ModalityGuidance { CfgScale = 4, CfgVariant = CfgVariant.AdaptiveProjected });
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i], adaptive[i], 1e-5);
        }
    }

    [Fact]
    public void Adaptive_projected_guidance_without_eta_adds_nothing_along_the_prediction()
    {
        ModalityGuidance guidance = new() { CfgScale = 4, CfgVariant = CfgVariant.AdaptiveProjected, ApgEta = 0 };
        float[] result = Combine(guidance);
        double along = result.Zip(Conditional, (r, c) => (double)(r - c) * c).Sum();
        Assert.Equal(0, along, 1e-4);
    }

    [Fact]
    public void The_guidance_vector_is_shortened_to_the_threshold()
    {
        ModalityGuidance guidance = new() { CfgScale = 2, CfgVariant = CfgVariant.AdaptiveProjected, ApgNormThreshold = 0.5 };
        double length = Math.Sqrt(Combine(guidance).Zip(Conditional, (r, c) => (double)(r - c) * (r - c)).Sum());
        Assert.Equal(0.5, length, 1e-6);
    }

    [Fact]
    public void A_missing_prediction_is_refused()
    {
        float[] result = new float[4];
        Assert.Throws<ArgumentException>(() => GuidanceArithmetic.Combine(new ModalityGuidance { CfgScale = 2 }, Conditional, [], [], [], result));
        Assert.Throws<ArgumentException>(() => GuidanceArithmetic.Combine(new ModalityGuidance { StgScale = 1 }, Conditional, [], [], [], result));
    }

    private static float[] Combine(ModalityGuidance guidance)
    {
        float[] result = new float[4];
        GuidanceArithmetic.Combine(guidance, Conditional, Negative, Perturbed, Isolated, result);
        return result;
    }

    private static double Deviation(float[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
