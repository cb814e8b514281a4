using System.CommandLine;
using System.Text.Json;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx doctor</c>: what this machine offers and what would be used.</summary>
internal static class DoctorCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Option<string?> ffmpeg = new("--ffmpeg") { Description = "The ffmpeg program; by default the one on PATH.", HelpName = "FILE" };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("doctor", "Show runtime, ffmpeg and devices, and what would be used and why.") { ffmpeg, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(ffmpeg), parsed.GetValue(json), terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? ffmpeg, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        IReadOnlyList<DiagnosticEntry> entries = await EngineDiagnostics.CollectAsync(new FfmpegOptions { FfmpegPath = ffmpeg }, cancellationToken).ConfigureAwait(false);
        bool usable = entries.All(e => e.IsUsable || !e.IsRequired);
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(new { usable, entries }, CommandJson.Options));
        }
        else
        {
            foreach (DiagnosticEntry entry in entries)
            {
                terminal.Output.WriteLine($"[{(entry.IsUsable ? "ok" : entry.IsRequired ? "MISSING" : "--")}] {entry.Name}");
                foreach (string detail in entry.Details)
                {
                    terminal.Output.WriteLine("     " + detail);
                }
            }

            terminal.Output.WriteLine(usable ? "Everything that is needed is there." : "Something that is needed is missing.");
        }

        return usable ? ExitCode.Done : ExitCode.Failed;
    }
}
