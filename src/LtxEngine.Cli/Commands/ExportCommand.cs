using System.CommandLine;
using System.Text.Json;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx export</c>: writes the ONNX graphs of a model beside its checkpoint.</summary>
internal static class ExportCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Argument<string> path = new("model") { Description = "A model folder or a checkpoint file." };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace existing files." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("export", "Write the ONNX graphs beside the checkpoint, for Netron and other runtimes; they point into it and hold no weights.") { path, overwrite, json };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(parsed.GetRequiredValue(path), parsed.GetValue(overwrite), parsed.GetValue(json), terminal, cancellationToken), CancellationToken.None));
        return command;
    }

    private static int Run(string path, bool overwrite, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new UsageException($"'{path}' is neither a folder nor a file.");
        }

        IReadOnlyList<string> files = GraphExport.Write(path, overwrite, cancellationToken);
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(new { files }, CommandJson.Options));
            return ExitCode.Done;
        }

        foreach (string file in files)
        {
            terminal.Output.WriteLine($"{file} ({Readable.Bytes(new FileInfo(file).Length)})");
        }

        return ExitCode.Done;
    }
}
