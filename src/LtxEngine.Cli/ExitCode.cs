namespace LtxEngine.Cli;

/// <summary>The exit codes of <c>ltx</c>, documented in docs/cli.md.</summary>
internal static class ExitCode
{
    /// <summary>The command did what was asked.</summary>
    public const int Done = 0;

    /// <summary>The command was understood and failed.</summary>
    public const int Failed = 1;

    /// <summary>Unknown option, missing or inadmissible value: the command was not started.</summary>
    public const int WrongUse = 2;

    /// <summary>Stopped by Ctrl-C or by a termination signal (128 + SIGINT, as shells expect).</summary>
    public const int Cancelled = 130;
}
