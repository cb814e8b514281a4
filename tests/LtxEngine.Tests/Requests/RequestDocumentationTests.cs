using System.Text.Json;
using LtxEngine.Requests;

namespace LtxEngine.Tests.Requests;

public sealed class RequestDocumentationTests
{
    [Fact]
    public void The_page_lists_the_fields_as_they_are()
    {
        string[] page = File.ReadAllLines(Path.Combine(RepositoryRoot(), "docs", "requests.md"));
        List<string> expected = [];
        bool inTable = false;
        foreach (string line in page)
        {
            if (line is "<!-- /library -->" or "<!-- /endpoint -->")
            {
                expected.AddRange(line.Contains("library", StringComparison.Ordinal) ? Library() : Endpoint());
                inTable = false;
            }

            if (!inTable)
            {
                expected.Add(line);
            }

            inTable |= line is "<!-- library -->" or "<!-- endpoint -->";
        }

        string received = Path.Combine(AppContext.BaseDirectory, "received-requests.md");
        File.WriteAllLines(received, expected);
        Assert.True(expected.SequenceEqual(page, StringComparer.Ordinal), $"docs/requests.md is not what the program takes; {received} is.");
    }

    private static IEnumerable<string> Library() =>
    [
        "| field | allowed | meaning |",
        "|---|---|---|",
        .. LibraryProfile.Instance.Fields.Select(field => $"| {Names(field)} | {Cell(field.Allowed)} | {Cell(field.Description)} |"),
    ];

    private static IEnumerable<string> Endpoint() =>
    [
        "| field | allowed | default |",
        "|---|---|---|",
        .. EndpointProfile.Profile.Fields.Select(field => $"| {Names(field)} | {Cell(field.Allowed)} | {Default(field)} |"),
    ];

    private static string Names(RequestField field) => string.Join(", ", new[] { field.Name }.Concat(field.Aliases).Select(name => $"`{name}`"));

    private static string Default(RequestField field) => field.IsRequired ? "required"
        : field.Name == "negative_prompt" ? "the endpoint's text (`EndpointProfile.DefaultNegativePrompt`)"
        : field.Default is { ValueKind: JsonValueKind.String } text ? text.GetString()!
        : field.Default is { } value ? value.GetRawText()
        : "none";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "LtxEngine.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
