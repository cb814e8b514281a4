namespace LtxEngine.Testing;

/// <summary>Finds the data that tests read: the repository root is the nearest folder above the test with <c>LtxEngine.sln</c>.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds <c>LtxEngine.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The reference cases of the original code.</summary>
    public static string ReferenceCases => Path.Combine(Root, "tests", "reference-cases");

    /// <summary>The shipped small model.</summary>
    public static string DemoModel => Path.Combine(Root, "models", "demo");

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LtxEngine.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds LtxEngine.sln.");
    }
}
