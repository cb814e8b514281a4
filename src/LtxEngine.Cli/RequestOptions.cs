using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Requests;

namespace LtxEngine.Cli;

/// <summary>The options that describe a request: one for each field of the table of fields, for every command that takes a request.</summary>
internal sealed class RequestOptions
{
    private readonly List<(RequestField Field, Option<string?> Option)> _single = [];
    private readonly List<(RequestField Field, Option<string[]> Option)> _lists = [];
    private readonly ProfileOption _profile;

    /// <summary>Makes the options from the table.</summary>
    /// <param name="profile">Whose ranges and defaults count.</param>
    public RequestOptions(ProfileOption profile)
    {
        _profile = profile;
        foreach (RequestField field in LibraryProfile.Instance.Fields.Where(HasFlag))
        {
            string description = field.Kind is FieldKind.Choice or FieldKind.Integer or FieldKind.Number && (field.Choices.Count > 0 || field.Minimum is not null)
                ? $"{field.Description} Allowed: {field.Allowed}."
                : field.Description;
            if (RequestFlags.IsRepeated(field.Name))
            {
                _lists.Add((field, new Option<string[]>(RequestFlags.Of(field.Name)) { Description = description + " May be given several times.", HelpName = HelpName(field) }));
            }
            else
            {
                _single.Add((field, new Option<string?>(RequestFlags.Of(field.Name))
                {
                    Description = description,
                    HelpName = HelpName(field),
                    Required = field.IsRequired,
                    Arity = field.Kind == FieldKind.Boolean ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                }));
            }
        }
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        foreach (Option option in (IEnumerable<Option>)[.. _single.Select(single => single.Option), .. _lists.Select(list => list.Option)])
        {
            command.Add(option);
        }
    }

    /// <summary>Lets another option take the place of the prompt.</summary>
    /// <param name="command">The command.</param>
    /// <param name="from">The option that names a stored request.</param>
    public void TakePromptFrom(Command command, Option from)
    {
        Option<string?> prompt = _single.Find(single => single.Field.Name == "prompt").Option;
        prompt.Required = false;
        command.Validators.Add(result =>
        {
            if (result.GetResult(prompt) is null && result.GetResult(from) is null)
            {
                result.AddError("Option '--prompt' is required.");
            }
        });
    }

    /// <summary>Reads the request.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="from">A request whose values count where a flag is not given; null for the defaults.</param>
    /// <exception cref="InvalidRequestException">Values cannot be read; all of them are listed.</exception>
    /// <exception cref="UsageException">The profile does not have a field.</exception>
    public GenerationRequest Read(ParseResult parsed, GenerationRequest? from = null) => ToRequest(parsed, ReadFields(parsed), from);

    /// <summary>The fields that the command line gives, as texts.</summary>
    /// <param name="parsed">The command line.</param>
    public JsonObject ReadFields(ParseResult parsed)
    {
        JsonObject fields = [];
        foreach ((RequestField field, Option<string?> option) in _single)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                // A flag of a truth value alone is true.
                fields[field.Name] = parsed.GetValue(option) ?? "true";
            }
        }

        foreach ((RequestField field, Option<string[]> option) in _lists)
        {
            if (parsed.GetValue(option) is { Length: > 0 } items)
            {
                fields[field.Name] = new JsonArray([.. items.Select(item => (JsonNode)JsonValue.Create(item))]);
            }
        }

        return fields;
    }

    /// <summary>Makes a request of fields, by the profile that the command line chooses.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="fields">The fields by the names of the library.</param>
    /// <param name="from">A request whose values count where a field is not given; null for the defaults.</param>
    /// <exception cref="InvalidRequestException">Values cannot be read; all of them are listed.</exception>
    /// <exception cref="UsageException">The profile does not have a field.</exception>
    public GenerationRequest ToRequest(ParseResult parsed, JsonObject fields, GenerationRequest? from = null)
    {
        if (!_profile.IsEndpoint(parsed))
        {
            return RequestReader.Read(LibraryProfile.ForFlags, JsonSerializer.SerializeToElement(fields), from: from).Require();
        }

        (JsonObject body, IReadOnlyList<string> unknown) = EndpointFields.FromLibrary(fields);
        return unknown.Count == 0
            ? RequestReader.Read(EndpointProfile.ForFlags, JsonSerializer.SerializeToElement(body), from: from).Require()
            : throw new UsageException(
                $"{string.Join(", ", unknown.Select(RequestFlags.Of))}: not among the fields of the endpoint. Leave {(unknown.Count == 1 ? "it" : "them")} out, or use --profile {ProfileOption.Library}.");
    }

    /// <summary>How a server delivers the clip and pictures for a program mean nothing here.</summary>
    private static bool HasFlag(RequestField field) => field.Name is not (LibraryProfile.SyncMode or "previews");

    private static string HelpName(RequestField field) => field.Name switch
    {
        "images" => "FRAME[@X]=FILE",
        "loras" => "FILE[:X]",
        "checkpoint_directory" => "DIR",
        "video_size" => "SIZE",
        "sigma_schedule" => "NAME|LIST",
        "stg_blocks" => "LIST",
        "guidance" => "JSON",
        _ => field.Kind switch
        {
            FieldKind.Integer => "N",
            FieldKind.Number => "X",
            FieldKind.Boolean => "true|false",
            FieldKind.Image => "FILE",
            FieldKind.Text when field.Name.EndsWith("prompt", StringComparison.Ordinal) => "TEXT",
            _ => "NAME",
        },
    };
}
