using System.Diagnostics;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;

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
        return [.. CaseFolder.Find(folder).Where(c => options.Selects(c.Component, c.Name)).Select(c => (c.Component, c.Name))];
    }

    /// <summary>Runs the selected cases in ordinal order of their paths.</summary>
    /// <param name="folder">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <param name="options">Which cases.</param>
    /// <param name="cancellationToken">Stops between two cases.</param>
    /// <returns>One report per case, as they finish.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no <c>cases</c> folder.</exception>
    public static IEnumerable<CaseReport> Run(string folder, VerificationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RunSelected(folder, CaseFolder.Find(folder).Where(c => options.Selects(c.Component, c.Name)), options, cancellationToken);
    }

    private static IEnumerable<CaseReport> RunSelected(string root, IEnumerable<CaseFolder> cases, VerificationOptions options, CancellationToken cancellationToken)
    {
        using VerificationContext context = new(
            () => new CpuDeviceProvider().Create(0, options.Threads, DeviceSelection.Precision(options.ComputeType)), options.Threads, options.TextModel);
        foreach (CaseFolder caseFolder in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return RunCase(root, caseFolder, context, isJudged: options.ComputeType == ComputeType.Single);
        }
    }

    private static CaseReport RunCase(string root, CaseFolder folder, VerificationContext context, bool isJudged)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            if (!Runners.TryGetValue(folder.Component, out IComponentRunner? runner))
            {
                return Failed(folder, $"unknown component '{folder.Component}'", start);
            }

            using ReferenceCase referenceCase = ReferenceCase.Open(root, folder.Path);
            CaseOutputs outputs = new();
            runner.Run(referenceCase, outputs, context);
            IReadOnlyList<OutputReport> reports = CaseComparison.Compare(referenceCase, outputs);
            if (!isJudged)
            {
                reports = [.. reports.Select(report => report with { Passed = report.Passed || (double.IsFinite(report.Error) && report.Note is null) })];
            }

            return reports.Count == 0
                ? Failed(folder, "the case demands nothing", start)
                : new CaseReport(folder.Component, folder.Name, reports, reports.All(r => r.Passed), null, Stopwatch.GetElapsedTime(start));
        }
#pragma warning disable CA1031 // Whatever a case throws is that case's failure; the other cases still run.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return Failed(folder, $"{exception.GetType().Name}: {exception.Message}", start);
        }
    }

    private static CaseReport Failed(CaseFolder folder, string reason, long start) =>
        new(folder.Component, folder.Name, [], false, reason, Stopwatch.GetElapsedTime(start));

    private static Dictionary<string, IComponentRunner> FindRunners() =>
        typeof(ReferenceVerifier).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IComponentRunner)))
            .Select(t => (IComponentRunner)Activator.CreateInstance(t)!)
            .ToDictionary(r => r.Component, StringComparer.Ordinal);
}
