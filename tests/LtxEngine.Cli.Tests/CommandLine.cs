namespace LtxEngine.Cli.Tests;

/// <summary>Runs a command line in this process and keeps what it printed.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static async Task<CommandLine> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = await CommandLineApplication.RunAsync(arguments, new Terminal(output, error, isInteractive: false));
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }
}
