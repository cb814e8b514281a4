using System.CommandLine;

namespace LtxEngine.Cli;

/// <summary><c>--trace</c>, which goes with a timing <c>--profile</c>.</summary>
/// <param name="profile">Says whether times are wanted.</param>
internal sealed class TraceOption(ProfileOption profile)
{
    private readonly Option<FileInfo?> _trace = new("--trace") { Description = "Where --profile writes the trace; by default beside the output, with the ending .trace.json.", HelpName = "FILE" };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(_trace);

    /// <summary>The profile to fill; null where none is wanted.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="UsageException">A trace is asked for without a profile.</exception>
    public TimingProfile? Create(ParseResult parsed)
    {
        bool isWanted = profile.IsTimingWanted(parsed);
        if (!isWanted && parsed.GetValue(_trace) is not null)
        {
            throw new UsageException("--trace: there is a trace with --profile only; add it.");
        }

        return isWanted ? new TimingProfile() : null;
    }

    /// <summary>The file of the trace.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">The clip.</param>
    public string TracePath(ParseResult parsed, string output) => parsed.GetValue(_trace)?.FullName ?? Path.ChangeExtension(output, ".trace.json");
}
