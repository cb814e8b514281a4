using System.CommandLine;
using System.Text.Json;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx synth</c>: writes a checkpoint of real widths with made-up weights, for measurements.</summary>
internal static class SynthCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Option<string> config = new("--config") { Description = "The widths: 19b (772 MB a block) or demo.", DefaultValueFactory = _ => "19b", HelpName = "NAME" };
        config.AcceptOnlyFromAmong("19b", "demo");
        Option<int> layers = new("--layers") { Description = "Number of blocks, 1 … 1024; the 19B model has 48.", Required = true, HelpName = "N" };
        layers.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int>() is < 1 or > 1024)
            {
                result.AddError("--layers: allowed are 1 … 1024.");
            }
        });
        Option<string> output = new("--out") { Description = "The new checkpoint file.", Required = true, HelpName = "FILE" };
        Option<bool> sparse = new("--sparse") { Description = "All weights are zero and take no room on the disk; without it they are random, always the same ones." };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace an existing file." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("synth", "Write a checkpoint with a transformer of real widths and made-up weights, to measure speed and memory without the model's files.")
        {
            config, layers, output, sparse, overwrite, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                string file = parsed.GetRequiredValue(output);
                if (!parsed.GetValue(overwrite) && File.Exists(file))
                {
                    throw new UsageException($"'{file}' exists already; --overwrite replaces it.");
                }

                SyntheticModelSize size = string.Equals(parsed.GetRequiredValue(config), "19b", StringComparison.Ordinal) ? SyntheticModelSize.Full : SyntheticModelSize.Demo;
                int count = parsed.GetValue(layers);
                long bytes = SyntheticModel.Write(file, size, count, parsed.GetValue(sparse), parsed.GetValue(overwrite), progress: null, cancellationToken);
                terminal.Output.WriteLine(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { file = Path.GetFullPath(file), layers = count, bytes }, CommandJson.Options)
                    : $"{file} ({Readable.Bytes(bytes)}, {count} blocks)");
                return ExitCode.Done;
            },
            CancellationToken.None));
        return command;
    }
}
