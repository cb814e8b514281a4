using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Verification;
using Spectre.Console;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx verify</c>: runs reference cases of the original code against this engine.</summary>
internal static class VerifyCommand
{
    private static readonly JsonSerializerOptions IndentedJson = new(CommandJson.Options) { WriteIndented = true };

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Argument<DirectoryInfo> folder = new("folder") { Description = "The folder that holds 'cases' and 'checkpoints'." };
        Option<string[]> component = new("--component") { Description = "Only cases of this component; may be repeated.", HelpName = "NAME" };
        Option<string[]> caseName = new("--case") { Description = "Only the case of this name (NAME or COMPONENT/NAME); may be repeated.", HelpName = "NAME" };
        Option<FileInfo?> except = new("--except") { Description = "Leave out the cases listed in this file, one COMPONENT/CASE or COMPONENT/* a line.", HelpName = "FILE" };
        Option<int> threads = new("--threads") { Description = "Number of compute threads; 0 is one per core.", DefaultValueFactory = _ => 0, HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Print one JSON object instead of the table." };
        Command command = new("verify", "Run reference cases of the original code and compare every output.") { folder, component, caseName, except, threads, json };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(folder),
                new VerificationOptions
                {
                    Components = parsed.GetValue(component) ?? [],
                    Cases = parsed.GetValue(caseName) ?? [],
                    Except = parsed.GetValue(except) is { } file ? ReadExceptions(file) : [],
                    Threads = parsed.GetValue(threads),
                },
                parsed.GetValue(json),
                terminal,
                cancellationToken),
            CancellationToken.None));
        return command;
    }

    private static int Run(DirectoryInfo folder, VerificationOptions options, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(folder.FullName, "cases")))
        {
            throw new UsageException($"'{folder}' holds no folder 'cases'. Name the folder that holds 'cases' and 'checkpoints'.");
        }

        // Asking for a component or case that is not there must not look like success.
        IReadOnlyList<(string Component, string Name)> selected = ReferenceVerifier.List(folder.FullName, options);
        List<string> unknown = [.. options.Components.Where(c => !ReferenceVerifier.Components.Contains(c, StringComparer.Ordinal))];
        List<CaseReport> reports = [];
        foreach (CaseReport report in ReferenceVerifier.Run(folder.FullName, options, cancellationToken))
        {
            reports.Add(report);
            if (!json && terminal.IsInteractive)
            {
                terminal.Error.Write($"\r{reports.Count}/{selected.Count} {report.Component}/{report.Name}".PadRight(79)[..79]);
            }
        }

        int passed = reports.Count(r => r.Passed);
        int failed = reports.Count - passed;
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(new { passed, failed, unknown_components = unknown, cases = reports.Select(Describe) }, IndentedJson));
        }
        else
        {
            PrintTable(reports, terminal);
            foreach (string name in unknown)
            {
                terminal.WriteError($"unknown component '{name}'. Known: {string.Join(", ", ReferenceVerifier.Components.Order(StringComparer.Ordinal))}.");
            }

            terminal.Output.WriteLine($"{passed} passed, {failed} failed");
        }

        if (reports.Count == 0)
        {
            terminal.WriteError("no case matches.");
        }

        return failed == 0 && passed > 0 && unknown.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static IReadOnlyList<string> ReadExceptions(FileInfo file) => file.Exists
        ? VerificationOptions.ReadExceptions(file.FullName)
        : throw new UsageException($"--except: '{file}' does not exist.");

    private static void PrintTable(IReadOnlyList<CaseReport> reports, Terminal terminal)
    {
        if (terminal.IsInteractive)
        {
            terminal.Error.Write("\r" + new string(' ', 79) + "\r");
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumns("case", "outputs", "relative error", "limit", "verdict");
        foreach (CaseReport report in reports)
        {
            // The output closest to (or furthest beyond) its limit speaks for the case.
            OutputReport? worst = report.Outputs.OrderBy(o => o.Passed).ThenByDescending(o => o.Limit > 0 ? o.Error / o.Limit : o.Error).FirstOrDefault();
            table.AddRow(
                Markup.Escape($"{report.Component}/{report.Name}"),
                report.Outputs.Count.ToString(CultureInfo.InvariantCulture),
                worst is null ? "-" : Figure(worst.Error),
                worst is null ? "-" : Figure(worst.Limit),
                report.Passed ? "passed" : Markup.Escape("FAILED " + Reason(report)));
        }

        terminal.OutputConsole.Write(table);
    }

    private static string Figure(double value) => double.IsNaN(value) ? "-" : value.ToString("0.0e+00", CultureInfo.InvariantCulture);

    private static string Reason(CaseReport report) => report.Failure
        ?? string.Join("; ", report.Outputs.Where(o => !o.Passed).Take(4).Select(o => o.Note is null ? $"{o.Name} {Figure(o.Error)}" : $"{o.Name}: {o.Note}"));

    private static object Describe(CaseReport report) => new
    {
        component = report.Component,
        @case = report.Name,
        passed = report.Passed,
        failure = report.Failure,
        seconds = Math.Round(report.Elapsed.TotalSeconds, 3),
        outputs = report.Outputs.Select(o => new
        {
            name = o.Name,
            // JSON has no NaN: null means that no figure could be taken.
            error = double.IsFinite(o.Error) ? o.Error : (double?)null,
            limit = o.Limit,
            passed = o.Passed,
            note = o.Note,
        }),
    };
}
