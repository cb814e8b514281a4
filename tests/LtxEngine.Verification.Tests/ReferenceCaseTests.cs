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

    /// <summary>The cases that run the text model, which by default runs on our own kernels.</summary>
    public static TheoryData<string, string> TextModelCases()
    {
        TheoryData<string, string> data = [];
        VerificationOptions options = new() { Components = ["text_states", "text_context", "gemma_generate", "gemma_vision"] };
        foreach ((string component, string name) in ReferenceVerifier.List(RepositoryPaths.ReferenceCases, options))
        {
            data.Add(component, name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reference_case(string component, string name) => Check(component, name, new VerificationOptions());

    [Theory]
    [MemberData(nameof(TextModelCases))]
    public void Reference_case_with_the_text_model_as_a_graph(string component, string name) =>
        Check(component, name, new VerificationOptions { TextModel = TextModelExecution.Graph });

    private static void Check(string component, string name, VerificationOptions options)
    {
        CaseReport report = Assert.Single(ReferenceVerifier.Run(RepositoryPaths.ReferenceCases, options with { Cases = [component + "/" + name] }));
        string details = report.Failure
            ?? string.Join("; ", report.Outputs.Where(o => !o.Passed).Take(5).Select(o => $"{o.Name}: {o.Error:E2} > {o.Limit:E2} {o.Note}"));
        Assert.True(report.Passed, $"{component}/{name}: {details}");
    }
}
