using System.CommandLine;

namespace LtxEngine.Cli;

/// <summary>Options that every command understands.</summary>
internal static class GlobalOptions
{
    /// <summary>Log lines and the full text of an error, on standard error.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Print log lines and, for an error, where it came from.",
        Recursive = true,
    };
}
