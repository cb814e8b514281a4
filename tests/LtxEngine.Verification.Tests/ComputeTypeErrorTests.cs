using LtxEngine.Testing;

namespace LtxEngine.Verification.Tests;

/// <summary>The errors of bf16 and 8-bit products stay what <c>docs/performance.md</c> records: the largest there is 1.1e-2 and 2.6e-2.</summary>
public sealed class ComputeTypeErrorTests
{
    [Theory]
    [InlineData(ComputeType.BrainFloat, 1.5e-2)]
    [InlineData(ComputeType.Int8, 3.5e-2)]
    public void Rounded_products_stay_close_to_the_original(ComputeType computeType, double limit)
    {
        VerificationOptions options = new() { Components = ["transformer", "latent_upsampler"], ComputeType = computeType };
        CaseReport[] reports = [.. ReferenceVerifier.Run(RepositoryPaths.ReferenceCases, options)];

        Assert.Equal(ReferenceVerifier.List(RepositoryPaths.ReferenceCases, options).Count, reports.Length);
        Assert.All(reports, report => Assert.True(report.Passed, report.Failure ?? report.Name));
        Assert.All(reports.SelectMany(report => report.Outputs), output => Assert.InRange(output.Error, 0, limit));
    }
}
