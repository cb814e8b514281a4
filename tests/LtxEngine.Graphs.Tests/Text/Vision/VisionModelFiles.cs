using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Text.Vision;

/// <summary>Writes vision towers of any size with random weights.</summary>
internal static class VisionModelFiles
{
    /// <summary>Uniform values in ±<paramref name="scale"/>.</summary>
    public static HostTensor Random(TensorShape shape, int seed, float scale)
    {
        Random random = new(seed);
        return new HostTensor(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => ((2 * random.NextSingle()) - 1) * scale)]);
    }

    /// <summary>Writes a tower and its projector into a new file of a folder and opens it.</summary>
    public static SafetensorsFile Write(string folder, GemmaConfiguration configuration, string towerPrefix, string projectorPrefix)
    {
        GemmaVisionConfiguration vision = configuration.Vision!;
        List<(string Prefix, LayerPart Part)> parts =
        [
            .. GemmaVisionGraphs.EmbeddingParts(vision).Select(p => (towerPrefix, p)),
            .. Enumerable.Range(0, vision.LayerCount).SelectMany(l => GemmaVisionGraphs.LayerParts(vision).Select(p => ($"{towerPrefix}encoder.layers.{l}.", p))),
            .. GemmaVisionGraphs.LastNormParts(vision).Select(p => (towerPrefix, p)),
            .. GemmaVisionGraphs.ProjectorParts(configuration).Select(p => (projectorPrefix, p)),
        ];
        string path = Path.Combine(folder, $"{Guid.NewGuid():N}.safetensors");
        using (SafetensorsWriter writer = new(path, [.. parts.Select(p => (p.Prefix + p.Part.Name, DataType.BFloat16, p.Part.Shape))]))
        {
            for (int i = 0; i < parts.Count; i++)
            {
                writer.AppendFloat32(Random(parts[i].Part.Shape, seed: 10 + i, scale: 0.1f).Data);
            }

            writer.Complete();
        }

        return SafetensorsFile.Open(path);
    }
}
