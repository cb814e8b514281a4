using Spectre.Console;

namespace LtxEngine.Cli;

/// <summary>Where a command writes: results to standard output, progress and errors to standard error.</summary>
/// <remarks>Progress goes to standard error so that <c>ltx … --json &gt; file</c> gives clean JSON while the bars stay visible.</remarks>
internal sealed class Terminal
{
    /// <summary>Creates a terminal over two writers; tests pass string writers.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="isInteractive">Whether bars may be redrawn in place.</param>
    public Terminal(TextWriter output, TextWriter error, bool isInteractive)
    {
        Output = output;
        Error = error;
        IsInteractive = isInteractive;
        OutputConsole = CreateConsole(output, isInteractive);
        ErrorConsole = CreateConsole(error, isInteractive);
    }

    /// <summary>Standard output.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether bars may be redrawn in place.</summary>
    public bool IsInteractive { get; }

    /// <summary>Tables on standard output.</summary>
    public IAnsiConsole OutputConsole { get; }

    /// <summary>Progress bars on standard error.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal Standard() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    /// <summary>Writes one error for people, without a stack trace.</summary>
    /// <param name="message">What happened and what to do.</param>
    public void WriteError(string message) => Error.WriteLine("ltx: " + message);

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isInteractive)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isInteractive)
        {
            // A redirected stream has no width; tables must not be broken at 80 columns there.
            console.Profile.Width = 240;
        }

        return console;
    }
}
