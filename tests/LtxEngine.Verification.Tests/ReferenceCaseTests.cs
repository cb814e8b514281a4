using LtxEngine.Testing;

namespace LtxEngine.Verification.Tests;

/// <summary>Every reference case is one test; cases named in <c>not-yet.txt</c> must fail, so that the list can only shrink.</summary>
public sealed class ReferenceCaseTests
{
    private static readonly IReadOnlyList<string> NotYet =
        VerificationOptions.ReadExceptions(Path.Combine(RepositoryPaths.Root, "tests", "not-yet.txt"));

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
        bool listed = NotYet.Contains(component + "/" + name, StringComparer.Ordinal);
        string details = report.Failure ?? string.Join("; ", report.Outputs.Where(o => !o.Passed).Take(5).Select(o => $"{o.Name}: {o.Error:E2} > {o.Limit:E2} {o.Note}"));
        if (listed)
        {
            Assert.False(report.Passed, $"{component}/{name} passes now: take it off tests/not-yet.txt.");
        }
        else
        {
            Assert.True(report.Passed, $"{component}/{name}: {details}");
        }
    }
}
