using LtxEngine.Testing;

namespace LtxEngine.Verification.Tests;

/// <summary>Every reference case is one test, within the limits that the case itself states.</summary>
public sealed class ReferenceCaseTests
{
    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> data = [];
        foreach ((string component, string name) in ReferenceVerifier.List(RepositoryPaths.ReferenceCases, new VerificationOptions()))
        {
            data.Add(component, name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reference_case(string component, string name)
    {
        CaseReport report = Assert.Single(ReferenceVerifier.Run(
            RepositoryPaths.ReferenceCases,
            new VerificationOptions { Cases = [component + "/" + name] }));
        string details = report.Failure
            ?? string.Join("; ", report.Outputs.Where(o => !o.Passed).Take(5).Select(o => $"{o.Name}: {o.Error:E2} > {o.Limit:E2} {o.Note}"));
        Assert.True(report.Passed, $"{component}/{name}: {details}");
    }
}
