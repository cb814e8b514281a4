using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline.Resume;

/// <summary>
/// The file of a saved request: fp32 tensors and, as metadata, the place in the loops, the noise generator, the fingerprint of the request,
/// and a checksum of all of it. It replaces the one before it under the same name, complete or not at all.
/// </summary>
internal static class SavedStageFile
{
    private const string Format = "ltx-request-1";

    /// <summary>Two for each stream.</summary>
    private const int MostCacheParts = 4;

    private static readonly string[] Streams = ["video", "audio"];

    /// <summary>Writes the file.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="fingerprint">What the result depends on.</param>
    /// <param name="stage">Where the request stands.</param>
    /// <exception cref="IOException">The file cannot be written; the one before it is still there.</exception>
    public static void Write(string path, JsonObject fingerprint, SavedStage stage)
    {
        List<(string Name, TensorShape Shape, float[] Values)> tensors = [];
        if (stage.Initial is { } initial)
        {
            tensors.Add(("initial.video", initial.Video.Shape, initial.Video.Data));
            if (initial.Audio is { } audio)
            {
                tensors.Add(("initial.audio", audio.Shape, audio.Data));
            }
        }

        for (int i = 0; i < stage.Loop.Streams.Count; i++)
        {
            DenoiseSnapshotStream stream = stage.Loop.Streams[i];
            tensors.Add(($"{Streams[i]}.latent", new TensorShape(stream.Latent.Length), stream.Latent));
            tensors.Add(($"{Streams[i]}.guided", new TensorShape(stream.Guided.Length), stream.Guided));
            for (int slot = 0; slot < stream.Carried.Count; slot++)
            {
                if (stream.Carried[slot] is { } carried)
                {
                    tensors.Add((string.Create(CultureInfo.InvariantCulture, $"{Streams[i]}.carried.{slot}"), new TensorShape(carried.Length), carried));
                }
            }
        }

        for (int i = 0; i < stage.Cache.Count; i++)
        {
            tensors.AddRange(stage.Cache[i].Values.Select((values, part) => (CachePart(i, part), new TensorShape(values.Length), values)));
        }

        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["format"] = Format,
            ["fingerprint"] = fingerprint.ToJsonString(),
            ["stage"] = stage.Stage.ToString(CultureInfo.InvariantCulture),
            ["completed_steps"] = stage.Loop.CompletedSteps.ToString(CultureInfo.InvariantCulture),
            ["noise"] = Convert.ToBase64String(MemoryMarshal.AsBytes(stage.Noise.AsSpan())),
            ["cache"] = JsonSerializer.Serialize(stage.Cache.Select(state => state with { Values = [] })),
        };
        metadata["sha256"] = Checksum(metadata, tensors.Select(tensor => (tensor.Name, tensor.Values)));
        using SafetensorsWriter writer = new(path, [.. tensors.Select(tensor => (tensor.Name, DataType.Float32, tensor.Shape))], metadata, overwrite: true);
        foreach ((_, _, float[] values) in tensors)
        {
            writer.Append(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        writer.Complete();
    }

    /// <summary>Reads the file.</summary>
    /// <param name="path">Its name.</param>
    /// <returns>The fingerprint of the request that it belongs to, and where that stood.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static (JsonObject Fingerprint, SavedStage Stage) Read(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            if (!string.Equals(file.Metadata.GetValueOrDefault("format"), Format, StringComparison.Ordinal))
            {
                throw new InvalidDataException("it is of another format");
            }

            Dictionary<string, (TensorShape Shape, float[] Values)> tensors = file.Tensors.Values.ToDictionary(
                tensor => tensor.Name, tensor => (tensor.Shape, tensor.ToFloat32Array()), StringComparer.Ordinal);
            string checksum = Checksum(file.Metadata, tensors.Select(tensor => (tensor.Key, tensor.Value.Values)));
            if (!string.Equals(file.Metadata["sha256"], checksum, StringComparison.Ordinal))
            {
                throw new InvalidDataException("its checksum does not fit its content");
            }

            DenoiseSnapshot loop = new(
                int.Parse(file.Metadata["completed_steps"], CultureInfo.InvariantCulture),
                [.. Streams.Where(name => tensors.ContainsKey(name + ".latent")).Select(name => Stream(name, tensors))]);
            SavedStage stage = new(
                int.Parse(file.Metadata["stage"], CultureInfo.InvariantCulture),
                Initial(tensors),
                MemoryMarshal.Cast<byte, uint>(Convert.FromBase64String(file.Metadata["noise"])).ToArray(),
                loop,
                Cache(file.Metadata["cache"], tensors));
            return (JsonNode.Parse(file.Metadata["fingerprint"])!.AsObject(), stage);
        }
        catch (ModelFormatException exception)
        {
            throw new InvalidDataException(string.Join(' ', exception.Problems).TrimEnd('.'), exception);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or FormatException or OverflowException or JsonException or InvalidOperationException)
        {
            throw new InvalidDataException("parts of it are missing", exception);
        }
    }

    private static ClipLatents? Initial(Dictionary<string, (TensorShape Shape, float[] Values)> tensors) => tensors.TryGetValue("initial.video", out (TensorShape Shape, float[] Values) video)
        ? new ClipLatents(
            new HostTensor(video.Shape, video.Values),
            tensors.TryGetValue("initial.audio", out (TensorShape Shape, float[] Values) audio) ? new HostTensor(audio.Shape, audio.Values) : null)
        : null;

    private static List<ResidualCacheState> Cache(string text, Dictionary<string, (TensorShape Shape, float[] Values)> tensors) =>
    [
        .. JsonSerializer.Deserialize<ResidualCacheState[]>(text)!.Select((state, i) => state with
        {
            Values = [.. Enumerable.Range(0, MostCacheParts).Select(part => CachePart(i, part)).Where(tensors.ContainsKey).Select(name => tensors[name].Values)],
        }),
    ];

    private static string CachePart(int state, int part) => string.Create(CultureInfo.InvariantCulture, $"cache.{state}.{part}");

    private static DenoiseSnapshotStream Stream(string name, Dictionary<string, (TensorShape Shape, float[] Values)> tensors)
    {
        List<float[]?> carried = [];
        string prefix = name + ".carried.";
        foreach ((string key, (_, float[] values)) in tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            int slot = int.Parse(key.AsSpan(prefix.Length), CultureInfo.InvariantCulture);
            while (carried.Count <= slot)
            {
                carried.Add(null);
            }

            carried[slot] = values;
        }

        return new DenoiseSnapshotStream(tensors[name + ".latent"].Values, tensors[name + ".guided"].Values, carried);
    }

    private static string Checksum(IReadOnlyDictionary<string, string> metadata, IEnumerable<(string Name, float[] Values)> tensors)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string key, string value) in metadata.Where(entry => entry.Key is not "sha256").OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key}\n{value}\n"));
        }

        foreach ((string name, float[] values) in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
