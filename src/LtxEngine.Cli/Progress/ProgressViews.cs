namespace LtxEngine.Cli.Progress;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressViews
{
    /// <summary>Bars on a terminal; a line now and then where output goes to a file.</summary>
    /// <param name="terminal">The terminal.</param>
    public static IProgressView Create(Terminal terminal) => terminal.IsInteractive ? new BarProgressView(terminal.ErrorConsole) : new LineProgressView(terminal.Error);
}
