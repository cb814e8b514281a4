using System.Text.Json;
using System.Text.Unicode;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>The index of a sharded model: which file holds which tensor.</summary>
internal sealed class ShardIndex
{
    private const int MaximumFiles = 1000;
    private const string Name = "The index";

    private ShardIndex(Dictionary<string, string> fileOfTensor, List<string> files)
    {
        FileOfTensor = fileOfTensor;
        Files = files;
    }

    /// <summary>The file of each tensor.</summary>
    public IReadOnlyDictionary<string, string> FileOfTensor { get; }

    /// <summary>The files in ordinal order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads an index file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The index is malformed.</exception>
    public static ShardIndex Read(string path)
    {
        using MappedFile file = new(path);
        if (file.Length > SafetensorsLimits.HeaderBytes)
        {
            throw new ModelFormatException(
                path, ModelFormatErrorKind.LimitExceeded, $"The index has {file.Length} bytes; at most {SafetensorsLimits.HeaderBytes} are accepted.");
        }

        ReadOnlySpan<byte> bytes = file.GetBytes(0, file.Length);
        if (!Utf8.IsValid(bytes))
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.InvalidJson, "The index is not valid UTF-8.");
        }

        CheckSyntax(bytes, path);
        BoundedJson json = new(bytes, path, Name);
        json.MustRead();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw json.Error(ModelFormatErrorKind.InvalidIndex, "The index must be a JSON object.");
        }

        Dictionary<string, string>? map = null;
        for (json.MustRead(); json.TokenType == JsonTokenType.PropertyName; json.MustRead())
        {
            string field = json.GetString(SafetensorsLimits.NameBytes, "A field of the index");
            json.MustRead();
            if (!string.Equals(field, "weight_map", StringComparison.Ordinal))
            {
                json.Skip();
                continue;
            }

            if (map is not null)
            {
                throw json.Error(ModelFormatErrorKind.DuplicateKey, "The index has weight_map twice.");
            }

            map = ReadMap(ref json);
        }

        if (map is null || map.Count == 0)
        {
            throw json.Error(ModelFormatErrorKind.InvalidIndex, "The index has no weight_map with at least one tensor.");
        }

        List<string> files = [.. map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return files.Count <= MaximumFiles
            ? new ShardIndex(map, files)
            : throw json.Error(ModelFormatErrorKind.LimitExceeded, $"The index names {files.Count} files; at most {MaximumFiles} are accepted.");
    }

    // A pass that allocates nothing: syntax, nesting and counts are known before the first entry is kept.
    private static void CheckSyntax(ReadOnlySpan<byte> bytes, string path)
    {
        BoundedJson json = new(bytes, path, Name);
        int tensors = 0;
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName && json.Depth == 2 && ++tensors > SafetensorsLimits.Entries)
            {
                throw json.Error(ModelFormatErrorKind.LimitExceeded, $"The index lists more than {SafetensorsLimits.Entries} tensors; such a file is not a model.");
            }
        }
    }

    private static Dictionary<string, string> ReadMap(ref BoundedJson json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw json.Error(ModelFormatErrorKind.InvalidIndex, "weight_map must be an object of file names.");
        }

        Dictionary<string, string> map = new(StringComparer.Ordinal);
        for (json.MustRead(); json.TokenType == JsonTokenType.PropertyName; json.MustRead())
        {
            string tensor = json.GetString(SafetensorsLimits.NameBytes, "A tensor's name in weight_map");
            json.MustRead();
            if (json.TokenType != JsonTokenType.String)
            {
                throw json.Error(ModelFormatErrorKind.InvalidIndex, $"weight_map of '{BoundedJson.Shorten(tensor)}' must be a file name.");
            }

            string file = json.GetString(SafetensorsLimits.NameBytes, "A file name in weight_map");
            if (!file.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                throw json.Error(ModelFormatErrorKind.InvalidIndex, $"weight_map names the file '{BoundedJson.Shorten(file)}'; it must end in .safetensors.");
            }

            if (!map.TryAdd(tensor, file))
            {
                throw json.Error(ModelFormatErrorKind.DuplicateKey, $"weight_map lists '{BoundedJson.Shorten(tensor)}' twice.");
            }
        }

        return map;
    }
}
