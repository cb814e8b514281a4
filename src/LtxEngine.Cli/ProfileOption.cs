using System.CommandLine;
using System.CommandLine.Parsing;

namespace LtxEngine.Cli;

/// <summary>
/// <c>--profile</c>, which has two uses: <c>library</c> or <c>endpoint</c> chooses the ranges and defaults of a request, and without a value (or with
/// <c>timing</c>) it asks where the time goes. It may be given twice.
/// </summary>
internal sealed class ProfileOption
{
    /// <summary>The profile that refuses only what the model cannot do.</summary>
    public const string Library = "library";

    private const string Endpoint = "endpoint";
    private const string Timing = "timing";

    private readonly Option<string[]> _option;

    /// <summary>Creates the option.</summary>
    /// <param name="hasTiming">Whether the command can tell where the time goes.</param>
    public ProfileOption(bool hasTiming)
    {
        string[] names = hasTiming ? [Library, Endpoint, Timing] : [Library, Endpoint];
        _option = new Option<string[]>("--profile")
        {
            Description = "library: only what the model cannot do is refused. endpoint: ranges and defaults of the hosted endpoint."
                + (hasTiming ? " Without a value or timing: print the time by operation and stage, and write a trace file." : string.Empty),
            HelpName = string.Join('|', names),
            Arity = new ArgumentArity(hasTiming ? 0 : 1, 100),
            AllowMultipleArgumentsPerToken = false,
        };
        _option.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens.Where(token => !names.Contains(token.Value, StringComparer.Ordinal)))
            {
                result.AddError($"--profile: '{token.Value}' is not one of {string.Join(", ", names)}.");
            }

            if (result.Tokens.Select(token => token.Value).Intersect([Library, Endpoint], StringComparer.Ordinal).Count() > 1)
            {
                result.AddError($"--profile: {Library} and {Endpoint} exclude each other.");
            }
        });
    }

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(_option);

    /// <summary>Whether the request has the ranges and defaults of the hosted endpoint.</summary>
    /// <param name="parsed">The command line.</param>
    public bool IsEndpoint(ParseResult parsed) => Values(parsed).Contains(Endpoint, StringComparer.Ordinal);

    /// <summary>Whether times are wanted.</summary>
    /// <param name="parsed">The command line.</param>
    public bool IsTimingWanted(ParseResult parsed) =>
        parsed.GetResult(_option) is { Implicit: false } result && (result.IdentifierTokenCount > result.Tokens.Count || Values(parsed).Contains(Timing, StringComparer.Ordinal));

    private string[] Values(ParseResult parsed) => parsed.GetValue(_option) ?? [];
}
