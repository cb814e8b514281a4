using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Layout;

/// <summary>The list of every tensor of the full-size files.</summary>
internal static class Manifest
{
    /// <summary>Writes a sparse safetensors file with the header of a full-size file: its apparent size is genuine, its data are holes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="part">The object in the manifest that holds <c>tensors</c> and <c>metadata</c>; the manifest itself when null.</param>
    /// <param name="withOptionalTensors">Whether the never-read tensors are written too.</param>
    /// <returns>The apparent size in bytes.</returns>
    public static long WriteSparseFile(string path, string? part, bool withOptionalTensors = false)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryPaths.ReferenceCases, "manifest-19b.json")));
        JsonElement root = part is null ? document.RootElement : document.RootElement.GetProperty(part);
        IEnumerable<JsonProperty> tensors = root.GetProperty("tensors").EnumerateObject();
        if (withOptionalTensors)
        {
            tensors = tensors.Concat(root.GetProperty("optional_tensors").EnumerateObject());
        }

        ArrayBufferWriter<byte> header = new();
        long offset = 0;
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (root.TryGetProperty("metadata", out JsonElement metadata))
            {
                json.WritePropertyName("__metadata__");
                metadata.WriteTo(json);
            }

            foreach (JsonProperty tensor in tensors)
            {
                string dataType = tensor.Value.GetProperty("dtype").GetString()!;
                long bytes = LtxEngine.Checkpoints.Safetensors.SafetensorsDataTypes.Parse(dataType)!.Value.SizeInBytes();
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", dataType);
                json.WriteStartArray("shape");
                foreach (JsonElement dimension in tensor.Value.GetProperty("shape").EnumerateArray())
                {
                    json.WriteNumberValue(dimension.GetInt64());
                    bytes *= dimension.GetInt64();
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += bytes;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        using FileStream stream = File.Create(path);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.WrittenCount);
        stream.Write(prefix);
        stream.Write(header.WrittenSpan);
        stream.SetLength(stream.Length + offset);
        return stream.Length;
    }
}
