using System.Collections.Immutable;
using System.Text.Json;
using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Gemma;

/// <summary>What the <c>generation_config.json</c> of a text model says about generating text; null where it says nothing.</summary>
internal sealed record GemmaGenerationConfiguration
{
    /// <summary>The name of the file.</summary>
    internal const string FileName = "generation_config.json";

    private const long MaximumFileLength = 1L << 20;
    private const int MaximumId = 1 << 24;

    /// <summary>How many of the most probable ids stay; 0 for all.</summary>
    public int? TopK { get; init; }

    /// <summary>The share of the mass that stays, above 0 up to 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Ids that end a text.</summary>
    public ImmutableArray<int>? StopIds { get; init; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is damaged or a value is out of its range; all problems are listed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static GemmaGenerationConfiguration Load(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaximumFileLength)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.LimitExceeded, $"The file has {length} bytes; a {FileName} has at most {MaximumFileLength}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 32 });
            return Read(document.RootElement, path);
        }
        // InvalidOperationException: an escape in a key that is no Unicode character.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.InvalidJson, $"The file cannot be read: {exception.Message}", exception);
        }
    }

    private static GemmaGenerationConfiguration Read(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.InvalidJson, "The file must hold a JSON object.");
        }

        ProblemList problems = new();
        ConfigurationSection section = new(FileName, root, problems);
        GemmaGenerationConfiguration result = new()
        {
            TopK = section.Has("top_k") ? section.Integer("top_k", 0, MaximumId) : null,
            TopP = section.Has("top_p") ? ReadTopP(section) : null,
            StopIds = section.Has("eos_token_id") ? ReadStopIds(section, root.GetProperty("eos_token_id")) : null,
        };
        problems.ThrowIfAny(path);
        return result;
    }

    private static double ReadTopP(ConfigurationSection section)
    {
        double value = section.Fraction("top_p", 1);
        return value > 0 ? value : section.Positive("top_p");
    }

    private static ImmutableArray<int> ReadStopIds(ConfigurationSection section, JsonElement value)
    {
        IEnumerable<JsonElement> elements = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        ImmutableArray<int>.Builder ids = ImmutableArray.CreateBuilder<int>();
        foreach (JsonElement element in elements)
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out int id) || id is < 0 or > MaximumId)
            {
                section.Report("eos_token_id", value, $"an id or a list of ids from 0 to {MaximumId}");
                break;
            }

            ids.Add(id);
        }

        return ids.ToImmutable();
    }
}
