using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Verification.Tests;

/// <summary>The runner must be able to fail: every rule of comparing is shown with a value on each side of its limit.</summary>
public sealed class CaseComparisonTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ltx-cases-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(1e-3f, 1e-3 / 1.0)]
    [InlineData(0f, 0.0)]
    public void Relative_error_is_rms_of_difference_over_rms_of_expectation(float offset, double expected)
    {
        float[] wanted = [1, -1, 1, -1];
        float[] actual = [1 + offset, -1 + offset, 1 + offset, -1 + offset];
        Assert.Equal(expected, CaseComparison.RelativeRms(actual, wanted), 1e-6);
    }

    [Fact]
    public void Relative_error_with_a_not_a_number_is_never_within_a_limit()
    {
        double error = CaseComparison.RelativeRms([float.NaN, 1], [1, 1]);
        Assert.False(error <= 1e9);
    }

    [Theory]
    [InlineData("""{"a":1.0}""", """{"a":1.0000009}""", true)]
    [InlineData("""{"a":1.0}""", """{"a":1.000002}""", false)]
    [InlineData("""{"a":3}""", """{"a":3}""", true)]
    [InlineData("""{"a":3000000000}""", """{"a":3000000001}""", false)]
    [InlineData("""{"a":"x"}""", """{"a":"y"}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2,3]}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2]}""", true)]
    [InlineData("""{"a":true}""", """{}""", false)]
    [InlineData("""{"a":null}""", """{"a":null}""", true)]
    public void Expected_values_bind(string expected, string actual, bool passes)
    {
        string json = """{"component":"c","parameters":{"expected":EXPECTED},"inputs":{},"outputs":{}}""".Replace("EXPECTED", expected, StringComparison.Ordinal);
        using ReferenceCase referenceCase = Case(json);
        CaseOutputs outputs = new();
        outputs.SetExpected(JsonNode.Parse(actual)!);
        Assert.Equal(passes, CaseComparison.Compare(referenceCase, outputs).All(r => r.Passed));
    }

    [Fact]
    public void A_check_of_the_case_itself_replaces_the_general_comparison_of_its_path()
    {
        using ReferenceCase referenceCase = Case("""{"component":"c","parameters":{"expected":{"a":{"b":0.5},"c":1}},"inputs":{},"outputs":{}}""");
        CaseOutputs outputs = new();
        outputs.SetExpected(new { c = 1 });
        outputs.Check("own", 0.4, 0.6, true, "a.b");
        Assert.All(CaseComparison.Compare(referenceCase, outputs), r => Assert.True(r.Passed, r.Note));
    }

    [Fact]
    public void Unknown_components_and_empty_demands_fail()
    {
        Write("a", "one", """{"component":"no_such_component","parameters":{},"inputs":{},"outputs":{}}""");
        Write("a", "two", "{ not json");
        List<CaseReport> reports = [.. ReferenceVerifier.Run(_root, new VerificationOptions())];
        Assert.Equal(2, reports.Count);
        Assert.All(reports, r => Assert.False(r.Passed));
        Assert.Contains("no_such_component", reports[0].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_component_is_the_one_stated_in_the_file_not_the_folder()
    {
        Write("folder", "one", """{"component":"stated","parameters":{},"inputs":{},"outputs":{}}""");
        Assert.Equal([("stated", "one")], ReferenceVerifier.List(_root, new VerificationOptions { Components = ["stated"] }));
        Assert.Empty(ReferenceVerifier.List(_root, new VerificationOptions { Except = ["stated/*"] }));
    }

    [Fact]
    public void A_folder_without_cases_is_refused() =>
        Assert.Throws<DirectoryNotFoundException>(() => ReferenceVerifier.Run(Path.Combine(_root, "nothing"), new VerificationOptions()).ToList());

    private ReferenceCase Case(string json)
    {
        using JsonDocument check = JsonDocument.Parse(json);
        return ReferenceCase.Open(_root, Write("c", "case", json));
    }

    private string Write(string component, string name, string json)
    {
        string folder = Path.Combine(_root, "cases", component, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "case.json"), json);
        return folder;
    }
}
