using System.Text.Json;
using System.Text.Unicode;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>
/// The header of a safetensors file. It is parsed in two passes over the mapped bytes: the first checks syntax, nesting and counts without
/// allocating, the second reads the entries. Then the byte ranges must tile the data exactly.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";
    private const string Name = "The header";

    private SafetensorsHeader(List<SafetensorsEntry> entries, Dictionary<string, string> metadata)
    {
        Entries = entries;
        Metadata = metadata;
    }

    /// <summary>The tensors in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The string map <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Parses and checks a header.</summary>
    /// <param name="header">The header's bytes.</param>
    /// <param name="dataLength">The number of bytes after the header.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="work">Counts the bytes examined.</param>
    /// <exception cref="ModelFormatException">The header is malformed or contradicts the file.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header, long dataLength, string path, HeaderWork? work = null)
    {
        work?.Add(header.Length);
        if (!Utf8.IsValid(header))
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.InvalidJson, "The header is not valid UTF-8; the file is damaged or is no safetensors file.");
        }

        int entryCount = CountEntries(header, path, work);
        SafetensorsHeader result = ReadEntries(header, path, entryCount, work);
        CheckLayout(result.Entries, dataLength, path);
        return result;
    }

    private static int CountEntries(ReadOnlySpan<byte> header, string path, HeaderWork? work)
    {
        BoundedJson json = new(header, path, Name);
        try
        {
            json.MustRead();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw json.Error(ModelFormatErrorKind.InvalidJson, "The header must be a JSON object.");
            }

            int entries = 0;
            int second = 0;
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.Depth == 1 && !json.NameEquals(MetadataKey) && ++entries > SafetensorsLimits.Entries)
                    {
                        throw json.Error(ModelFormatErrorKind.LimitExceeded, $"The header lists more than {SafetensorsLimits.Entries} tensors; such a file is not a model.");
                    }

                    second = json.Depth == 1 ? 0 : second + 1;
                    if (second > SafetensorsLimits.MetadataEntries)
                    {
                        throw json.Error(ModelFormatErrorKind.LimitExceeded, $"One object of the header has more than {SafetensorsLimits.MetadataEntries} fields.");
                    }
                }
            }

            return entries;
        }
        finally
        {
            work?.Add(json.BytesConsumed);
        }
    }

    private static SafetensorsHeader ReadEntries(ReadOnlySpan<byte> header, string path, int entryCount, HeaderWork? work)
    {
        List<SafetensorsEntry> entries = new(entryCount);
        HashSet<string> names = new(entryCount, StringComparer.Ordinal);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        BoundedJson json = new(header, path, Name);
        try
        {
            json.MustRead();
            for (json.MustRead(); json.TokenType == JsonTokenType.PropertyName; json.MustRead())
            {
                string name = json.GetString(SafetensorsLimits.NameBytes, "A tensor's name");
                if (!names.Add(name))
                {
                    throw json.Error(ModelFormatErrorKind.DuplicateKey, $"The header lists '{BoundedJson.Shorten(name)}' twice.");
                }

                json.MustRead();
                if (string.Equals(name, MetadataKey, StringComparison.Ordinal))
                {
                    ReadMetadata(ref json, metadata);
                }
                else
                {
                    entries.Add(ReadEntry(ref json, name));
                }
            }

            return new SafetensorsHeader(entries, metadata);
        }
        finally
        {
            work?.Add(json.BytesConsumed);
        }
    }

    private static void ReadMetadata(ref BoundedJson json, Dictionary<string, string> metadata)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"{MetadataKey} must be an object of strings.");
        }

        for (json.MustRead(); json.TokenType == JsonTokenType.PropertyName; json.MustRead())
        {
            string key = json.GetString(SafetensorsLimits.NameBytes, $"A key of {MetadataKey}");
            json.MustRead();
            if (json.TokenType != JsonTokenType.String)
            {
                throw json.Error(ModelFormatErrorKind.InvalidEntry, $"{MetadataKey}.{BoundedJson.Shorten(key)} must be a string.");
            }

            if (!metadata.TryAdd(key, json.GetString(SafetensorsLimits.MetadataValueBytes, $"{MetadataKey}.{BoundedJson.Shorten(key)}")))
            {
                throw json.Error(ModelFormatErrorKind.DuplicateKey, $"{MetadataKey} has '{BoundedJson.Shorten(key)}' twice.");
            }
        }
    }

    private static SafetensorsEntry ReadEntry(ref BoundedJson json, string name)
    {
        string shortName = BoundedJson.Shorten(name);
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The entry of tensor '{shortName}' must be an object.");
        }

        DataType? dataType = null;
        TensorShape? shape = null;
        (long Begin, long End)? offsets = null;
        for (json.MustRead(); json.TokenType == JsonTokenType.PropertyName; json.MustRead())
        {
            string field = json.GetString(SafetensorsLimits.NameBytes, $"A field of tensor '{shortName}'");
            json.MustRead();
            bool isDuplicate = field switch
            {
                "dtype" => dataType is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => false,
            };
            if (isDuplicate)
            {
                throw json.Error(ModelFormatErrorKind.DuplicateKey, $"Tensor '{shortName}' states {field} twice.");
            }

            switch (field)
            {
                case "dtype":
                    dataType = ReadDataType(ref json, shortName);
                    break;
                case "shape":
                    shape = ReadShape(ref json, shortName);
                    break;
                case "data_offsets":
                    offsets = ReadOffsets(ref json, shortName);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (dataType is null || shape is null || offsets is null)
        {
            string missing = dataType is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"Tensor '{shortName}' states no {missing}.");
        }

        (long begin, long end) = offsets.Value;
        Int128 size = (Int128)shape.Value.ElementCount * dataType.Value.SizeInBytes();
        if (size != end - begin)
        {
            throw json.Error(
                ModelFormatErrorKind.SizeMismatch,
                $"Tensor '{shortName}' of shape {shape} and type {SafetensorsDataTypes.Format(dataType.Value)} takes {size} bytes, its data_offsets [{begin}, {end}] hold {end - begin}.");
        }

        return new SafetensorsEntry(name, dataType.Value, shape.Value, begin, end);
    }

    private static DataType ReadDataType(ref BoundedJson json, string tensor)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The dtype of tensor '{tensor}' must be a string.");
        }

        string word = json.GetString(SafetensorsLimits.NameBytes, $"The dtype of tensor '{tensor}'");
        return SafetensorsDataTypes.Parse(word)
            ?? throw json.Error(ModelFormatErrorKind.UnknownDataType, $"Tensor '{tensor}' has the dtype '{BoundedJson.Shorten(word)}'; known are {SafetensorsDataTypes.Known}.");
    }

    private static TensorShape ReadShape(ref BoundedJson json, string tensor)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The shape of tensor '{tensor}' must be a list of integers.");
        }

        Span<long> dimensions = stackalloc long[SafetensorsLimits.Rank];
        int rank = 0;
        Int128 count = 1;
        for (json.MustRead(); json.TokenType != JsonTokenType.EndArray; json.MustRead())
        {
            if (!json.TryGetInt64(out long dimension) || dimension < 0)
            {
                throw json.Error(ModelFormatErrorKind.InvalidShape, $"Dimension {rank} of tensor '{tensor}' must be an integer from 0 to 2^63-1.");
            }

            if (rank == SafetensorsLimits.Rank)
            {
                throw json.Error(ModelFormatErrorKind.LimitExceeded, $"Tensor '{tensor}' has more than {SafetensorsLimits.Rank} dimensions.");
            }

            dimensions[rank++] = dimension;
            count *= dimension;
            if (count > long.MaxValue)
            {
                throw json.Error(ModelFormatErrorKind.InvalidShape, $"The number of elements of tensor '{tensor}' does not fit 63 bits.");
            }
        }

        return new TensorShape(dimensions[..rank]);
    }

    private static (long Begin, long End) ReadOffsets(ref BoundedJson json, string tensor)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The data_offsets of tensor '{tensor}' must be a list of two integers.");
        }

        Span<long> offsets = stackalloc long[2];
        int count = 0;
        for (json.MustRead(); json.TokenType != JsonTokenType.EndArray; json.MustRead())
        {
            if (count == 2)
            {
                throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The data_offsets of tensor '{tensor}' must be a list of two integers.");
            }

            if (!json.TryGetInt64(out offsets[count]) || offsets[count] < 0)
            {
                throw json.Error(ModelFormatErrorKind.InvalidOffset, $"The data_offsets of tensor '{tensor}' must be integers from 0 to 2^63-1.");
            }

            count++;
        }

        if (count != 2)
        {
            throw json.Error(ModelFormatErrorKind.InvalidEntry, $"The data_offsets of tensor '{tensor}' must be a list of two integers.");
        }

        if (offsets[0] > offsets[1])
        {
            throw json.Error(ModelFormatErrorKind.InvalidOffset, $"The data_offsets [{offsets[0]}, {offsets[1]}] of tensor '{tensor}' are reversed.");
        }

        return (offsets[0], offsets[1]);
    }

    private static void CheckLayout(IReadOnlyList<SafetensorsEntry> entries, long dataLength, string path)
    {
        int[] order = [.. Enumerable.Range(0, entries.Count)];
        Array.Sort(order, (left, right) => (entries[left].Begin, entries[left].End).CompareTo((entries[right].Begin, entries[right].End)));
        long position = 0;
        string previous = string.Empty;
        foreach (int index in order)
        {
            SafetensorsEntry entry = entries[index];
            if (entry.End > dataLength)
            {
                throw new ModelFormatException(
                    path,
                    ModelFormatErrorKind.Truncated,
                    $"Tensor '{BoundedJson.Shorten(entry.Name)}' ends at byte {entry.End} of the data, but the file holds only {dataLength}; download it again.");
            }

            if (entry.Begin < position)
            {
                throw new ModelFormatException(
                    path,
                    ModelFormatErrorKind.Overlap,
                    $"Tensors '{BoundedJson.Shorten(previous)}' and '{BoundedJson.Shorten(entry.Name)}' share bytes from {entry.Begin} to {Math.Min(position, entry.End)}.");
            }

            if (entry.Begin > position)
            {
                throw new ModelFormatException(
                    path,
                    ModelFormatErrorKind.Gap,
                    $"The bytes from {position} to {entry.Begin}, before tensor '{BoundedJson.Shorten(entry.Name)}', belong to no tensor.");
            }

            position = entry.End;
            previous = entry.Name;
        }

        if (position != dataLength)
        {
            throw new ModelFormatException(
                path, ModelFormatErrorKind.Gap, $"The last {dataLength - position} bytes of the file belong to no tensor.");
        }
    }
}
