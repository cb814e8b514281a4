using System.CommandLine;
using System.Text.Json;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx quantize</c>: writes a checkpoint that takes less room.</summary>
internal static class QuantizeCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal)
    {
        Argument<string> path = new("model") { Description = "A model folder or a checkpoint file, not quantised." };
        Option<string> format = new("--to") { Description = "How the weights are stored: fp8 (8 bits) or nvfp4 (4.5 bits).", Required = true };
        format.AcceptOnlyFromAmong("fp8", "nvfp4");
        Option<string> output = new("--out") { Description = "The new checkpoint file.", Required = true };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace an existing file." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("quantize", "Write a copy of a checkpoint with fp8 or NVFP4 weights in its transformer blocks (not the first, nor the last five of 48).")
        {
            path, format, output, overwrite, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(path),
                parsed.GetRequiredValue(format),
                parsed.GetRequiredValue(output),
                parsed.GetValue(overwrite),
                parsed.GetValue(json),
                terminal,
                cancellationToken),
            CancellationToken.None));
        return command;
    }

    private static int Run(string path, string format, string output, bool overwrite, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new UsageException($"'{path}' is neither a folder nor a file.");
        }

        if (!overwrite && File.Exists(output))
        {
            throw new UsageException($"'{output}' exists already; --overwrite replaces it.");
        }

        QuantizedWeightFormat weights = string.Equals(format, "fp8", StringComparison.Ordinal) ? QuantizedWeightFormat.Float8 : QuantizedWeightFormat.Nvfp4;
        int layers = ModelQuantization.Write(path, output, weights, overwrite, progress: null, cancellationToken);
        long bytes = new FileInfo(output).Length;
        terminal.Output.WriteLine(json
            ? JsonSerializer.Serialize(new { file = Path.GetFullPath(output), format, layers, bytes }, CommandJson.Options)
            : $"{output} ({Readable.Bytes(bytes)}, {layers} layers as {format})");
        return ExitCode.Done;
    }
}
