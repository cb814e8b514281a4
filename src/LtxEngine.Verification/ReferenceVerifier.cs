using System.Diagnostics;

namespace LtxEngine.Verification;

/// <summary>Runs reference cases of the original code against the engine.</summary>
public static class ReferenceVerifier
{
    private static readonly Dictionary<string, IComponentRunner> Runners = FindRunners();

    /// <summary>The components that can be verified.</summary>
    public static IReadOnlyCollection<string> Components => Runners.Keys;

    /// <summary>Lists the cases under <c>folder/cases</c> that the options select, as (component, case).</summary>
    /// <param name="folder">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <param name="options">Which cases.</param>
    /// <exception cref="DirectoryNotFoundException">There is no <c>cases</c> folder.</exception>
    public static IReadOnlyList<(string Component, string Name)> List(string folder, VerificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [.. CaseFolders(folder).Select(f => (Path.GetFileName(Path.GetDirectoryName(f)!), Path.GetFileName(f))).Where(c => options.Selects(c.Item1, c.Item2))];
    }

    /// <summary>Runs the selected cases in ordinal order.</summary>
    /// <param name="folder">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <param name="options">Which cases.</param>
    /// <param name="cancellationToken">Stops between two cases.</param>
    /// <returns>One report per case, as they finish.</returns>
    public static IEnumerable<CaseReport> Run(string folder, VerificationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using VerificationContext context = new(() => throw new NotSupportedException("No compute device yet."), options.Threads);
        foreach (string caseFolder in CaseFolders(folder))
        {
            if (options.Selects(Path.GetFileName(Path.GetDirectoryName(caseFolder)!), Path.GetFileName(caseFolder)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return RunCase(folder, caseFolder, context);
            }
        }
    }

    private static IEnumerable<string> CaseFolders(string folder)
    {
        string cases = Path.Combine(folder, "cases");
        if (!Directory.Exists(cases))
        {
            throw new DirectoryNotFoundException($"{folder} holds no folder 'cases'. Name the folder that holds 'cases' and 'checkpoints'.");
        }

        return Directory.EnumerateFiles(cases, "case.json", SearchOption.AllDirectories)
            .Select(f => Path.GetDirectoryName(f)!)
            .Order(StringComparer.Ordinal);
    }

    private static CaseReport RunCase(string root, string folder, VerificationContext context)
    {
        long start = Stopwatch.GetTimestamp();
        string component = Path.GetFileName(Path.GetDirectoryName(folder)!);
        string name = Path.GetFileName(folder);
        try
        {
            using ReferenceCase referenceCase = ReferenceCase.Open(root, folder);
            component = referenceCase.Component;
            if (!Runners.TryGetValue(component, out IComponentRunner? runner))
            {
                return new CaseReport(component, name, [], false, $"unknown component '{component}'", Stopwatch.GetElapsedTime(start));
            }

            CaseOutputs outputs = new();
            runner.Run(referenceCase, outputs, context);
            IReadOnlyList<OutputReport> reports = CaseComparison.Compare(referenceCase, outputs);
            bool passed = reports.Count > 0 && reports.All(r => r.Passed);
            return new CaseReport(component, name, reports, passed, reports.Count == 0 ? "the case demands nothing" : null, Stopwatch.GetElapsedTime(start));
        }
#pragma warning disable CA1031 // Whatever a case throws is that case's failure; the other cases still run.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new CaseReport(component, name, [], false, $"{exception.GetType().Name}: {exception.Message}", Stopwatch.GetElapsedTime(start));
        }
    }

    private static Dictionary<string, IComponentRunner> FindRunners() =>
        typeof(ReferenceVerifier).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IComponentRunner)))
            .Select(t => (IComponentRunner)Activator.CreateInstance(t)!)
            .ToDictionary(r => r.Component, StringComparer.Ordinal);
}
