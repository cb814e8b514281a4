using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>
/// One field of a request: how its value is written and checked, and which property of <see cref="GenerationRequest"/> it is. Reading,
/// writing, help texts and the endpoint's schema all go by these rows.
/// </summary>
internal sealed record RequestField
{
    /// <summary>Name in snake case. The command line's flag is the same in kebab case.</summary>
    public required string Name { get; init; }

    /// <summary>Other names under which the field is read.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>How the value is written.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>What the field is, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Whether a request without the field is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether null may be given and means the same as leaving the field out.</summary>
    public bool AllowsNull { get; init; } = true;

    /// <summary>What is read where the field is left out; null leaves the property as it is.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>Smallest value, inclusive; null for no limit.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest value, inclusive; null for no limit.</summary>
    public double? Maximum { get; init; }

    /// <summary>Most characters of a text.</summary>
    public int MaximumLength { get; init; } = int.MaxValue;

    /// <summary>The names that a choice has.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether the field is one of how to run a request, not of what the clip is: such fields are not stored with a clip.</summary>
    public bool IsRunOption { get; init; }

    /// <summary>What is allowed, for people; null where kind and limits say it.</summary>
    public string? AllowedText { get; init; }

    /// <summary>Reads a structure: value, place, reader to the parsed value, or null after an error was reported.</summary>
    public Func<JsonElement, FieldPath, FieldReader, object?>? Parse { get; init; }

    /// <summary>Puts the parsed value into a request.</summary>
    public required Func<GenerationRequest, object, GenerationRequest> Apply { get; init; }

    /// <summary>Takes the value out of a request, with texts for images; null where it is not set.</summary>
    public required Func<GenerationRequest, Func<ImageSource, string>, JsonNode?> Store { get; init; }

    /// <summary>What is allowed, for people.</summary>
    public string Allowed => AllowedText ?? Kind switch
    {
        FieldKind.Boolean => "true, false",
        FieldKind.Choice => string.Join(", ", Choices),
        FieldKind.Text when MaximumLength < int.MaxValue => $"a text of at most {MaximumLength} characters",
        FieldKind.Text => "a text",
        FieldKind.Image => "an image",
        FieldKind.Integer when Minimum is null => "a whole number of 64 bits",
        FieldKind.Number when Minimum is null => "a finite number",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Minimum} … {Maximum}"),
    };

    /// <summary>A text.</summary>
    public static RequestField Text(string name, string description, Func<GenerationRequest, string?> get, Func<GenerationRequest, string, GenerationRequest> set) => new()
    {
        Name = name,
        Kind = FieldKind.Text,
        Description = description,
        Apply = (request, value) => set(request, (string)value),
        Store = (request, _) => get(request) is { } value ? JsonValue.Create(value) : null,
    };

    /// <summary>A whole number.</summary>
    public static RequestField Integer(string name, string description, Func<GenerationRequest, long?> get, Func<GenerationRequest, long, GenerationRequest> set) => new()
    {
        Name = name,
        Kind = FieldKind.Integer,
        Description = description,
        Apply = (request, value) => set(request, (long)value),
        Store = (request, _) => get(request) is { } value ? JsonValue.Create(value) : null,
    };

    /// <summary>A number.</summary>
    public static RequestField Number(string name, string description, Func<GenerationRequest, double?> get, Func<GenerationRequest, double, GenerationRequest> set) => new()
    {
        Name = name,
        Kind = FieldKind.Number,
        Description = description,
        Apply = (request, value) => set(request, (double)value),

        // JSON has no NaN and no infinity; as texts they can be stored, and are refused when they are read.
        Store = (request, _) => get(request) is not { } value ? null
            : double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture)),
    };

    /// <summary>True or false.</summary>
    public static RequestField Boolean(string name, string description, Func<GenerationRequest, bool?> get, Func<GenerationRequest, bool, GenerationRequest> set) => new()
    {
        Name = name,
        Kind = FieldKind.Boolean,
        Description = description,
        Apply = (request, value) => set(request, (bool)value),
        Store = (request, _) => get(request) is { } value ? JsonValue.Create(value) : null,
    };

    /// <summary>One of the values of an enumeration.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    public static RequestField Choice<T>(
        string name, string description, ChoiceNames<T> names, Func<GenerationRequest, T?> get, Func<GenerationRequest, T, GenerationRequest> set)
        where T : struct, Enum => new()
        {
            Name = name,
            Kind = FieldKind.Choice,
            Description = description,
            Choices = names.Names,
            Apply = (request, value) => set(request, names.ValueOf((string)value)),
            Store = (request, _) => get(request) is { } value ? JsonValue.Create(names.NameOf(value)) : null,
        };

    /// <summary>An image.</summary>
    public static RequestField Image(string name, string description, Func<GenerationRequest, ImageSource?> get, Func<GenerationRequest, ImageSource, GenerationRequest> set) => new()
    {
        Name = name,
        Kind = FieldKind.Image,
        Description = description,
        Apply = (request, value) => set(request, (ImageSource)value),
        Store = (request, describe) => get(request) is { } value ? JsonValue.Create(describe(value)) : null,
    };

    /// <summary>A parsed structure.</summary>
    /// <typeparam name="T">What it is parsed to.</typeparam>
    public static RequestField Structure<T>(
        string name,
        string description,
        string allowed,
        Func<JsonElement, FieldPath, FieldReader, T?> parse,
        Func<GenerationRequest, Func<ImageSource, string>, JsonNode?> store,
        Func<GenerationRequest, T, GenerationRequest> set)
        where T : class => new()
        {
            Name = name,
            Kind = FieldKind.Structure,
            Description = description,
            AllowedText = allowed,
            Parse = parse,
            Apply = (request, value) => set(request, (T)value),
            Store = store,
        };
}
