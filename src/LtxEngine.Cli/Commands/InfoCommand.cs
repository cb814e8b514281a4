using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx info</c>: what is in a model folder or a checkpoint.</summary>
internal static class InfoCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Argument<string> path = new("model") { Description = "A model folder, or a checkpoint or upscaler file." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("info", "Show what is in a model: files, networks, sizes, memory, what is missing.") { path, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(path), parsed.GetValue(json), terminal));
        return command;
    }

    private static int Run(string path, bool json, Terminal terminal)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new UsageException($"'{path}' is neither a folder nor a file.");
        }

        ModelReport report = ModelInspector.Inspect(path);
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(report, CommandJson.Options));
        }
        else
        {
            Print(report, terminal);
        }

        foreach (string problem in report.Problems)
        {
            terminal.WriteError(problem);
        }

        return report.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(ModelReport report, Terminal terminal)
    {
        terminal.Output.WriteLine($"{report.Path}{(report.Kind is null ? string.Empty : $" ({report.Kind})")}");
        Table files = new Table().Border(TableBorder.Simple).AddColumns("file", "size", "tensors", "stored as", "path");
        foreach (ModelFileReport file in report.Files)
        {
            files.AddRow(
                file.Role,
                Readable.Bytes(file.Bytes),
                file.Tensors == 0 ? string.Empty : file.Tensors.ToString(CultureInfo.InvariantCulture),
                string.Join(", ", file.DataTypes.Select(t => $"{t.Key} {Readable.Bytes(t.Value)}")),
                Markup.Escape(Path.GetRelativePath(report.Path, file.Path)));
        }

        terminal.OutputConsole.Write(files);
        Table networks = new Table().Border(TableBorder.Simple).AddColumns("network", "weights", "in the file", "in memory", "structure");
        foreach (ModelComponentReport component in report.Components)
        {
            networks.AddRow(
                component.Name,
                component.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                Readable.Bytes(component.StoredBytes),
                Readable.Bytes(component.MemoryBytes),
                Markup.Escape(string.Join("; ", component.Details)));
        }

        terminal.OutputConsole.Write(networks);
        if (report.Components.Count > 0)
        {
            terminal.Output.WriteLine(
                $"Weights in memory: {Readable.Bytes(report.Components.Max(c => c.MemoryBytes))} with --residency free-after-use, "
                + $"{Readable.Bytes(report.Components.Sum(c => c.MemoryBytes))} with keep-loaded; working memory comes on top and grows with the clip.");
        }

        if (report.Defaults is { } defaults)
        {
            terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Defaults: {defaults.Width} × {defaults.Height}, {defaults.NumFrames} frames at {defaults.Fps} per second, {defaults.NumInferenceSteps} steps, guidance {defaults.GuidancePreset}{(defaults.GuidanceScale is { } scale ? $" at {scale}" : string.Empty)}{(defaults.EnablePromptExpansion ? ", prompts are expanded" : string.Empty)}"));
        }
    }
}
