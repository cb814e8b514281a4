using System.Text.Json;

namespace LtxEngine.Verification;

/// <summary>Where a case is and what it is of. The component is the one that <c>case.json</c> states, wherever the folder lies.</summary>
/// <param name="Component">The component; the parent folder's name when <c>case.json</c> cannot be read.</param>
/// <param name="Name">The name of the case's folder.</param>
/// <param name="Path">The case's folder.</param>
internal sealed record CaseFolder(string Component, string Name, string Path)
{
    /// <summary>Finds every folder with a <c>case.json</c> below <c>root/cases</c>, in ordinal order of their paths.</summary>
    /// <param name="root">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no <c>cases</c> folder.</exception>
    public static IEnumerable<CaseFolder> Find(string root)
    {
        string cases = System.IO.Path.Combine(root, "cases");
        if (!Directory.Exists(cases))
        {
            throw new DirectoryNotFoundException($"{root} holds no folder 'cases'. Name the folder that holds 'cases' and 'checkpoints'.");
        }

        return Directory.EnumerateFiles(cases, "case.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(Read);
    }

    private static CaseFolder Read(string file)
    {
        string folder = System.IO.Path.GetDirectoryName(file)!;
        string component = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(folder)!);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            component = json.RootElement.GetProperty("component").GetString() ?? component;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Such a case is listed all the same and fails with the reason when it is run.
        }

        return new CaseFolder(component, System.IO.Path.GetFileName(folder), folder);
    }
}
