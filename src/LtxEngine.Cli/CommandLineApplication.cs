using System.CommandLine;
using LtxEngine.Cli.Commands;

namespace LtxEngine.Cli;

/// <summary>The whole of <c>ltx</c>: parses the arguments, runs the command, turns every outcome into an exit code and one clear message.</summary>
internal static class CommandLineApplication
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments after <c>ltx</c>.</param>
    /// <param name="terminal">Where output goes.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal)
    {
        RootCommand root = CreateRoot(terminal);
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(e => ParseMessages.Simplify(e.Message)).Distinct(StringComparer.Ordinal))
            {
                terminal.WriteError(message);
            }

            terminal.Error.WriteLine($"Try 'ltx {string.Join(' ', CommandPath(parsed))} --help'.".Replace("  ", " ", StringComparison.Ordinal));
            return ExitCode.WrongUse;
        }

        InvocationConfiguration configuration = new()
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // Long enough for the running device operation to end and for partial files to be removed.
            // The server has its own time to drain, and listens to signals itself.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == "serve" ? null : TimeSpan.FromSeconds(15),
        };
        try
        {
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            terminal.WriteError("cancelled.");
            return ExitCode.Cancelled;
        }
        catch (InvalidRequestException exception)
        {
            foreach (RequestError error in exception.Errors)
            {
                terminal.WriteError($"{RequestFlags.Of(error.Field)} is {error.Value}; allowed: {error.Allowed}.");
            }

            return ExitCode.WrongUse;
        }
        catch (SafetyException exception)
        {
            terminal.WriteError(exception.Frame is { } frame
                ? $"the safety checker refused frame {frame} of the clip: {exception.Reason}. Nothing was written."
                : $"{RequestFlags.Of(exception.Field)} was refused by the safety checker: {exception.Reason}.");
            return ExitCode.Failed;
        }
        catch (UsageException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.WrongUse;
        }
#pragma warning disable CA1031 // The border to the user: whatever went wrong becomes one message and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            terminal.WriteError(exception.Message);
            if (parsed.GetValue(GlobalOptions.Verbose))
            {
                terminal.Error.WriteLine(exception);
            }

            return ExitCode.Failed;
        }
    }

    /// <summary>All commands.</summary>
    /// <param name="terminal">Where output goes.</param>
    internal static RootCommand CreateRoot(Terminal terminal) => new("LTX-2 on this machine: an image and a prompt become a video with sound.")
    {
        GlobalOptions.Verbose,
        GenerateCommand.Create(terminal),
        BatchCommand.Create(terminal),
        PlanCommand.Create(terminal),
        InfoCommand.Create(terminal),
        DoctorCommand.Create(terminal),
        CameraShiftCommand.Create(terminal),
        ExportCommand.Create(terminal),
        QuantizeCommand.Create(terminal),
        ServeCommand.Create(terminal),
        SynthCommand.Create(terminal),
        VerifyCommand.Create(terminal),
    };

    private static Stack<string> CommandPath(ParseResult parsed)
    {
        Stack<string> names = new();
        for (System.CommandLine.Parsing.SymbolResult? result = parsed.CommandResult; result is System.CommandLine.Parsing.CommandResult command; result = command.Parent)
        {
            if (command.Command is not RootCommand)
            {
                names.Push(command.Command.Name);
            }
        }

        return names;
    }
}
