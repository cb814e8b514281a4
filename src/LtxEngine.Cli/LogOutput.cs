using System.CommandLine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LtxEngine.Cli;

/// <summary>Log lines on standard error with <c>--verbose</c>, none without.</summary>
internal sealed class LogOutput : IDisposable
{
    private readonly ILoggerFactory? _console;

    private LogOutput(ILoggerFactory? console) => _console = console;

    /// <summary>What the engine writes to.</summary>
    public ILoggerFactory Factory => _console ?? NullLoggerFactory.Instance;

    /// <summary>Creates the output that the command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    public static LogOutput Create(ParseResult parsed) => new(parsed.GetValue(GlobalOptions.Verbose)
        ? LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Debug)
            .AddSimpleConsole(options => options.SingleLine = true)
            .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace))
        : null);

    /// <inheritdoc/>
    public void Dispose() => _console?.Dispose();
}
