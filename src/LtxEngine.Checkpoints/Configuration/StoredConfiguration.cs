using System.Text.Json;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The JSON document that LTX files store as a string under <c>__metadata__["config"]</c>.</summary>
internal static class StoredConfiguration
{
    private const int MaximumDepth = 32;

    /// <summary>Parses the stored configuration; an absent one is an empty object.</summary>
    /// <param name="checkpoint">The open file.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static ConfigurationSection Read(ITensorCollection checkpoint, ProblemList problems)
    {
        if (!checkpoint.Metadata.TryGetValue("config", out string? text))
        {
            return new ConfigurationSection("config", null, problems);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return new ConfigurationSection("config", document.RootElement.Clone(), problems);
            }

            problems.Add(ModelFormatErrorKind.InvalidConfiguration, "__metadata__.config must be a JSON object stored as a string.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problems.Add(ModelFormatErrorKind.InvalidConfiguration, $"__metadata__.config is not valid JSON: {exception.Message}");
        }

        return new ConfigurationSection("config", null, problems);
    }

    /// <summary>A section that a component cannot do without.</summary>
    /// <param name="configuration">The stored configuration.</param>
    /// <param name="name">The section's name.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static ConfigurationSection Require(this ConfigurationSection configuration, string name, ProblemList problems)
    {
        ConfigurationSection section = configuration.Section(name);
        if (!section.Exists)
        {
            problems.Add(ModelFormatErrorKind.InvalidConfiguration, $"__metadata__.config has no section \"{name}\"; use the original LTX-2 file, whose header carries it.");
        }

        return section;
    }
}
