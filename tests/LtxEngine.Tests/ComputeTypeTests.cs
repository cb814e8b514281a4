namespace LtxEngine.Tests;

/// <summary>
/// What the compute type does to the latents of a whole request on the demo model, against fp32. Every path of a lesser processor is closer to
/// fp32 than the ones with the limits below.
/// </summary>
public sealed class ComputeTypeTests
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { NumInferenceSteps = 4, NumFrames = 17, Image = DemoPipeline.Boat };

    [Theory]
    [InlineData(ComputeType.BrainFloat, 0.999)]
    [InlineData(ComputeType.Int8, 0.99)]
    public async Task Latents_point_where_those_of_fp32_do(ComputeType computeType, double limit)
    {
        GenerationResult expected = await GenerateAsync(ComputeType.Single);
        GenerationResult actual = await GenerateAsync(computeType);

        Assert.InRange(Cosine(expected.Latents.Video.Data, actual.Latents.Video.Data), limit, 1);
        Assert.InRange(Cosine(expected.Latents.Audio!.Data, actual.Latents.Audio!.Data), limit, 1);
    }

    [Fact]
    public async Task Fp32_is_the_default_and_auto_is_bf16()
    {
        LtxPipelineOptions options = new() { ModelDirectory = DemoPipeline.Options.ModelDirectory };
        GenerationResult automatic = await GenerateAsync(ComputeType.Auto);
        GenerationResult brain = await GenerateAsync(ComputeType.BrainFloat);

        Assert.Equal(ComputeType.Single, options.ComputeType);
        Assert.Equal(brain.Latents.Video.Data, automatic.Latents.Video.Data);
    }

    private static async Task<GenerationResult> GenerateAsync(ComputeType computeType)
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, ComputeType = computeType });
        return await pipeline.GenerateAsync(Request);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        double product = 0, squaresOfA = 0, squaresOfB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            squaresOfA += (double)a[i] * a[i];
            squaresOfB += (double)b[i] * b[i];
        }

        return product / Math.Sqrt(squaresOfA * squaresOfB);
    }
}
